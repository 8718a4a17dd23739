"""Which episodes a leading coordinator works on, each with a small window of beats that could start now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from episodes.dispatch import Candidate
from episodes.episode_store import EpisodeStore
from episodes.lifecycle import EpisodeState
from episodes.model import ActiveEpisode, ClipSource, Lease, ReadyBeat
from episodes.reuse import Reuse

WINDOW = 16
"""Ready beats kept per episode: enough that a query is shared by many starts, few enough that memory stays flat."""


@dataclass(kw_only=True, slots=True)
class Run:
    """An active episode."""

    episode: ActiveEpisode
    ready: list[ReadyBeat] = field(default_factory=list)
    """To be rendered."""
    copies: list[tuple[ReadyBeat, ClipSource]] = field(default_factory=list)
    """Ready too, and there is a clip that shows what they would."""
    backends: set[str] = field(default_factory=set)
    """Of all beats that were ever in `ready`."""
    may_have_more: bool = True
    """The store may know ready beats beyond the window."""
    may_settle: bool = False
    """It may move on: something ended, or nothing was ready, since the store was last asked."""
    num_rendering: int = 0
    last_start: int = 0
    """Rises with every start of any episode."""
    filled_at_s: float = 0.0
    """When the window was filled, for the time that beats wait for a renderer."""

    def forget(self, beat_id: str, take: int | None = None) -> None:
        gone = (beat_id, take)
        self.ready = [r for r in self.ready if (r.beat.beat_id, r.take) != gone]
        self.copies = [(r, source) for r, source in self.copies if (r.beat.beat_id, r.take) != gone]

    @property
    def window(self) -> list[ReadyBeat]:
        """All beats that it knows to be ready."""
        return [*self.ready, *(ready for ready, _ in self.copies)]

    @property
    def may_move_on(self) -> bool:
        """The store is to be asked: no beat waits or renders, as far as is known here. No film waits for a take."""
        is_at_work = bool(self.window or self.num_rendering) and not self.episode.has_takes
        return self.may_settle and not is_at_work and not self.episode.state.is_final

    def ask_again(self) -> None:
        """Something ended: the store may know more ready beats, or that the episode moves on."""
        self.may_have_more = True
        self.may_settle = True

    def add(self, beats: Sequence[ReadyBeat], sources: Mapping[tuple[str, int | None], ClipSource]) -> None:
        """What the store knows beyond the window, with whose clips may be taken."""
        for one in beats:
            source = sources.get((one.beat.beat_id, one.take))
            if source is None:
                self.ready.append(one)
                self.backends.add(one.beat.backend)
            else:
                self.copies.append((one, source))
        self.may_have_more = len(beats) == WINDOW
        self.may_settle = self.may_settle or all(one.take is not None for one in self.window)


class Agenda:
    """The runs by episode id. Everything here can be rebuilt from SQL."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self._num_starts = 0

    def update(self, active: Sequence[ActiveEpisode], num_rendering: Mapping[str, int]) -> None:
        """Take over what the store says is active; windows of episodes that moved on are thrown away."""
        known, self.runs = self.runs, {}
        for episode in active:
            run = known.get(episode.episode_id) or Run(episode=episode)
            if run.episode.state is not episode.state:
                run.ready, run.copies = [], []
            run.episode = episode
            run.num_rendering = num_rendering.get(episode.episode_id, 0)
            run.may_have_more = True
            run.may_settle = run.may_settle or episode.state is not EpisodeState.EXECUTING
            self.runs[episode.episode_id] = run

    def ended(self, episode_id: str) -> bool:
        """It has its film; whether takes of it go on."""
        run = self.runs.pop(episode_id, None)
        return run is not None and run.episode.has_takes

    def executing(self) -> list[Run]:
        """Those in which something may begin: beats, or takes of what is there already."""
        return [r for r in self.runs.values() if r.episode.state is EpisodeState.EXECUTING or _begins_takes(r.episode)]

    def candidates(self) -> list[Candidate]:
        return [
            Candidate(
                episode_id=r.episode.episode_id, num_rendering=r.num_rendering, last_start=r.last_start, ready=tuple(r.ready)
            )
            for r in self.executing()
        ]

    def num_ready(self) -> Counter[str]:
        """Kind → beats that could start now, as far as the windows reach."""
        return Counter(ready.beat.backend for run in self.executing() for ready in run.ready)

    def hungry(self, num_idle: int) -> list[Run]:
        """Those whose windows run low and who would be served next; also while nobody is idle, to see beats that nobody can render."""
        runs = self.executing()
        least = 2 if sum(len(r.ready) for r in runs) < WINDOW else 1
        low = (r for r in runs if r.may_have_more and len(r.ready) < least and len(r.copies) < WINDOW)
        return sorted(low, key=lambda r: (r.num_rendering, r.last_start))[: 2 * max(1, num_idle)]

    def started(self, run: Run) -> None:
        self._num_starts += 1
        run.last_start = self._num_starts
        run.num_rendering += 1


def _begins_takes(episode: ActiveEpisode) -> bool:
    return episode.has_takes and episode.state.begins_takes


def refill(store: EpisodeStore, lease: Lease, runs: Sequence[Run], now_s: float, reuse: Reuse) -> None:
    """Fill windows from the store. Blocks."""
    for run in runs:
        more = [replace(ready, content_key=reuse.key(run.episode, ready)) for ready in _more(store, lease, run)]
        run.add(more, reuse.sources(store, more))
        run.filled_at_s = now_s


def _more(store: EpisodeStore, lease: Lease, run: Run) -> list[ReadyBeat]:
    """Beats before takes: the film waits for those."""
    there, episode_id = [(r.beat.beat_id, r.take) for r in run.window], run.episode.episode_id
    more = store.ready_beats(lease, episode_id, limit=WINDOW, exclude=[beat_id for beat_id, take in there if take is None])
    if not _begins_takes(run.episode) or len(more) == WINDOW:
        return more
    taken = [(beat_id, take) for beat_id, take in there if take is not None]
    return [*more, *store.ready_takes(lease, episode_id, limit=WINDOW - len(more), exclude=taken)]
