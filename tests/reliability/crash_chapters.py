"""What the system is killed in: short chapters, which between them reach every crash point.

A chapter is played from its beginning however often it was broken off: what its client was answered stays done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from episodes.audit import audit
from episodes.errors import FailureClass, RenderFailed
from episodes.job import FilmJob, RenderJob, StoredFile
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import EpisodeView
from episodes.ports import ArtifactStore, Control
from episodes.reuse import COPIER
from episodes.sweep import sweep
from planning.example_world import seed_example_world
from rendering.backend import Keyframes
from rendering.film import Film
from rendering.probe import VideoFacts
from rendering.spool import Entry
from rendering.uploading import Uploader
from tests.builders import a_world
from tests.reliability.acts import fails
from tests.reliability.crash_stage import Gate, Stage, Uncancelled, before
from tests.reliability.house import House
from tests.reliability.local_fleet import Killed
from tests.reliability.ordering import FileShop, buys
from tests.reliability.stamped import write_stamped_clip, write_stamped_film
from tests.unit.planning.pictures import a_landscape, as_file
from tests.visions import ToldModel, a_sight

SEED_OF_ONE_THAT_HANGS = 42


@dataclass(frozen=True, kw_only=True)
class Chapter:
    name: str
    play: Callable[[Stage], None]
    states: tuple[EpisodeState, dict[str, BeatState]]
    """How its episode and beats end, wherever it was broken off."""
    events: tuple[str, ...]
    """What its acknowledged calls made happen, once each at least."""


def tell_a_world(stage: Stage) -> None:
    """A picture that a model tells about becomes a world, which is edited twice, the second time without the picture, and rolled
    back; an episode plans in it."""
    picture = as_file(a_landscape())
    with stage.house(vision_model=ToldModel(a_sight())):
        upload = stage.ask("upload", "POST", "/worlds/studio/images", files={"file": ("harbour.png", picture, "image/png")})
        [place] = a_world().places
        place_with = place.model_dump(mode="json") | {"references": [upload["pictures"][0]["picture"]]}
        world = a_world().model_dump(mode="json")
        stage.ask("put with the picture", "PUT", "/worlds/studio", json={**world, "places": [place_with]})
        stage.ask("put without it", "PUT", "/worlds/studio", json=world)
        stage.ask("roll back", "POST", "/worlds/studio/rollback", json={"revision": 1})
        stage.begin("one", world_id="studio")
        stage.look(upload["pictures"][0]["url"].replace("../", "/"))


def tell_the_example(stage: Stage) -> None:
    """What the API's door does before it opens."""
    with stage.house() as house:
        stage.once("example world", lambda: seed_example_world(house.worlds, house.artifacts))
        stage.begin("one")


def tell_a_film(stage: Stage) -> None:
    """Clips and a film, with a clip that fails its check, a publisher that dies on its last step, and three coordinators."""
    of_beat, of_film = Gate(), Gate()

    def make_clip(entry: Entry, keyframes: Keyframes, control: Control) -> VideoFacts:
        if entry.job.meta.beat_id == "spoiled" and entry.job.meta.attempt == 1:
            raise RenderFailed("Made to fail its check.", FailureClass.OUTPUT)
        return write_stamped_clip(entry, keyframes, control)

    def make_film(job: FilmJob, folder: Path, uploader: Uploader, control: Control) -> Film:
        of_film.pass_through(control)
        return write_stamped_film(job, folder, uploader, control)

    acts = {"left": before(of_beat)}
    with stage.house(acts=acts, make_clip=make_clip, make_film=make_film, wrap_artifacts=_dies_after_a_result) as house:
        episode_id = stage.begin("one spoiled twice left")
        stage.move("execute", f"/episodes/{episode_id}")
        stage.once("adopted beat", lambda: stage.change_coordinators(of_beat))
        of_beat.open()
        stage.once("adopted film", lambda: stage.change_coordinators(of_film))
        of_film.open()
        house.wait_for_end(episode_id)
    with stage.house() as house:
        for path in ("film", "poster", "subtitles.srt", "subtitles.vtt", "beats/one/video", "beats/one/poster"):
            stage.look(f"/episodes/{episode_id}/{path}")
        stage.once("sweep", lambda: sweep(house.episodes, house.artifacts))
        stage.once("audit", lambda: audit(house.episodes, house.artifacts))


class _DiesAfterAResult:
    """The publisher of the beat `twice` dies after its very last write, and leaves the clip in its spool."""

    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts

    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
        stored = self._artifacts.put_bytes(key, data, media_type)
        if "/beats/twice/result/" in key:
            raise Killed
        return stored

    def __getattr__(self, name: str) -> Any:
        return getattr(self._artifacts, name)


def _dies_after_a_result(artifacts: ArtifactStore) -> ArtifactStore:
    return cast(ArtifactStore, _DiesAfterAResult(artifacts))


def tell_of_changes(stage: Stage) -> None:
    """Beats that nobody can render, that fail and take others with them, are tried again and revised, and the first plan comes back; the
    queue stands still at first."""
    with stage.house(acts={"broken": fails(FailureClass.CONTENT)}) as house:
        stage.move("pause", "/queue")
        episode_id = stage.begin("one broken needs:broken nobody")
        path = f"/episodes/{episode_id}"
        stage.move("execute", path)
        if not stage.journal.was_asked("resume /queue"):
            assert house.episodes.queue_is_paused()
            assert not any(beat.attempts for beat in house.episodes.episode(episode_id).beats)
        stage.move("resume", "/queue")
        stage.once("ended", lambda: house.wait_for_end(episode_id))
        stage.move("retry", f"{path}/beats/broken")
        stage.once("ended again", lambda: house.wait_for_end(episode_id))
        stage.move("retry", path)
        stage.ask("budget", "PUT", f"{path}/budget", json={"budget": "5.00"})
        stage.ask("revise", "PATCH", f"{path}/beats/one", json={"seed": 99})
        stage.ask("restore", "POST", f"{path}/plan/versions/1/restore")
        house.wait_for_end(episode_id)
        kept = [note.cause for note in house.episodes.plan_versions(episode_id)]
    assert kept == ["restored version 1", "beat one changed", "planned"], f"the plan's history is {kept}"


def tell_of_cancels(stage: Stage) -> None:
    """Renders that never end, and a clip that comes too late: held, cancelled, planned anew, and cancelled with their episode."""
    late = Gate()
    acts = {"stuck": before(Gate()), "still": before(Gate())}
    with stage.house(acts=acts, num_renderers=3, wrap_artifacts=partial(_holds_up_a_poster, late)) as house:
        episode_id = stage.begin("stuck still late")
        path = f"/episodes/{episode_id}"
        stage.move("execute", path)
        stage.once("all begun", lambda: house.wait_until(episode_id, lambda e: all(b.progress > 0 for b in e.beats)))
        stage.once("one almost stored", lambda: late.wait_for_somebody())
        stage.move("pause", path)
        stage.move("resume", path)
        stage.move("cancel", f"{path}/beats/late")
        stage.once("late told", lambda: house.wait_until(episode_id, partial(_late_is_told, house)))
        late.open()
        stage.move("cancel", f"{path}/beats/stuck")
        stage.ask("plan again", "POST", f"{path}/plan")
        stage.move("execute", path, again=" again")
        stage.once("done again", lambda: house.wait_until(episode_id, _has_a_clip))
        stage.move("cancel", path)
        house.wait_for_end(episode_id)
        house.wait_until(episode_id, _nothing_is_open)
        stage.once("sweep", lambda: sweep(house.episodes, house.artifacts))


def tell_of_copies(stage: Stage) -> None:
    """A film is planned anew without a change: nothing of it is rendered again."""
    with stage.house(recipe="stamps") as house:
        episode_id = stage.begin("one two")
        path = f"/episodes/{episode_id}"
        stage.move("execute", path)
        stage.once("ended", lambda: house.wait_for_end(episode_id))
        stage.ask("plan again", "POST", f"{path}/plan")
        stage.move("execute", path, again=" again")
        [episode] = house.wait_for_end(episode_id)
    by = {a.renderer for beat in episode.beats for a in beat.attempts if a.revision == beat.revision}
    assert by == {COPIER}, f"what was there already was made by {by}"


def tell_of_takes(stage: Stage) -> None:
    """Further clips of a finished film's beat: one is stopped while it is rendered, and one is cut into the film."""

    def act(job: RenderJob, control: Control) -> None:
        if job.input.seed == SEED_OF_ONE_THAT_HANGS:
            before(Gate())(job, control)

    with stage.house(acts={"one": act}) as house:
        episode_id = stage.begin("one two")
        path = f"/episodes/{episode_id}"
        stage.move("execute", path)
        stage.once("ended", lambda: house.wait_for_end(episode_id))
        takes = {"count": 3, "seeds": [41, SEED_OF_ONE_THAT_HANGS]}
        stage.ask("takes", "POST", f"{path}/beats/one/takes", json=takes)
        stage.once("two made", lambda: house.wait_until(episode_id, _two_takes_are_made))
        stage.move("cancel", f"{path}/beats/one/takes/3")
        stage.move("select", f"{path}/beats/one/takes/2")
        house.wait_for_end(episode_id)
        house.wait_until(episode_id, _nothing_is_open)
        stage.once("sweep", lambda: sweep(house.episodes, house.artifacts))
        for number in (1, 2, 4):
            stage.look(f"{path}/beats/one/takes/{number}/video")


def _two_takes_are_made(episode: EpisodeView) -> bool:
    made = {a.take for a in episode.beats[0].attempts if a.state is AttemptState.SUPERSEDED}
    return made >= {2, 4}


class _HoldsUpAPoster:
    """The poster of the beat `late` is there before its publisher hears of it."""

    def __init__(self, gate: Gate, artifacts: ArtifactStore) -> None:
        self._gate = gate
        self._artifacts = artifacts

    def put_file(self, key: str, path: Path, media_type: str) -> StoredFile:
        stored = self._artifacts.put_file(key, path, media_type)
        if "/beats/late/poster/" in key:
            self._gate.pass_through(Uncancelled())
        return stored

    def __getattr__(self, name: str) -> Any:
        return getattr(self._artifacts, name)


def _holds_up_a_poster(gate: Gate, artifacts: ArtifactStore) -> ArtifactStore:
    return cast(ArtifactStore, _HoldsUpAPoster(gate, artifacts))


def _late_is_told(house: House, episode: EpisodeView) -> bool:
    attempts = (a for beat in episode.beats if beat.beat.beat_id == "late" for a in beat.attempts)
    return all(a.state is not AttemptState.OPEN or a.attempt_id in house.fleet.cancelled for a in attempts)


def _has_a_clip(episode: EpisodeView) -> bool:
    return any(beat.state is BeatState.ACCEPTED for beat in episode.beats)


def _nothing_is_open(episode: EpisodeView) -> bool:
    states = Counter(a.state for beat in episode.beats for a in beat.attempts)
    return not states[AttemptState.OPEN]


def tell_of_orders(stage: Stage) -> None:
    """A clip that is bought, and where nobody can know whether it was, a person who is told and tries again."""
    shop = FileShop(stage.folder / "sold")
    with stage.house() as house:
        house.acts["bought"] = buys(house.artifacts, shop)
        episode_id = stage.begin("bought")
        path = f"/episodes/{episode_id}"
        stage.move("execute", path)
        [episode] = house.wait_for_end(episode_id)
        if episode.state is EpisodeState.FAILED:
            stage.move("retry", path)
            [episode] = house.wait_for_end(episode_id)
    reasons = [attempt.reason for beat in episode.beats for attempt in beat.attempts]
    num_told = sum("Nobody knows whether this clip was bought" in reason for reason in reasons)
    assert 1 <= shop.num_sold <= 1 + num_told, f"it was bought {shop.num_sold} times: {reasons}"


CHAPTERS = {
    chapter.name: chapter
    for chapter in (
        Chapter(
            name="example",
            play=tell_the_example,
            states=(EpisodeState.PLANNED, {"one": BeatState.PENDING}),
            events=("episode.created", "episode.planned"),
        ),
        Chapter(
            name="world",
            play=tell_a_world,
            states=(EpisodeState.PLANNED, {"one": BeatState.PENDING}),
            events=("episode.created", "episode.planned"),
        ),
        Chapter(
            name="film",
            play=tell_a_film,
            states=(EpisodeState.COMPLETED, dict.fromkeys(("one", "spoiled", "twice", "left"), BeatState.ACCEPTED)),
            events=("episode.created", "episode.planned", "episode.executing", "film.ready", "episode.completed"),
        ),
        Chapter(
            name="changes",
            play=tell_of_changes,
            states=(
                EpisodeState.PARTIALLY_COMPLETED,
                {"one": BeatState.ACCEPTED, **dict.fromkeys(("broken", "needs", "nobody"), BeatState.FAILED)},
            ),
            events=(
                "episode.created",
                "episode.planned",
                "episode.executing",
                "beat.retried",
                "episode.budget",
                "plan.edited",
                "beat.revised",
                "film.ready",
            ),
        ),
        Chapter(
            name="copies",
            play=tell_of_copies,
            states=(EpisodeState.COMPLETED, dict.fromkeys(("one", "two"), BeatState.ACCEPTED)),
            events=("episode.created", "episode.planned", "episode.executing", "film.ready", "episode.completed"),
        ),
        Chapter(
            name="takes",
            play=tell_of_takes,
            states=(EpisodeState.COMPLETED, dict.fromkeys(("one", "two"), BeatState.ACCEPTED)),
            events=(
                "episode.created",
                "episode.planned",
                "episode.executing",
                "take.requested",
                "take.cancelled",
                "take.selected",
                "film.ready",
                "episode.completed",
            ),
        ),
        Chapter(
            name="orders",
            play=tell_of_orders,
            states=(EpisodeState.COMPLETED, {"bought": BeatState.ACCEPTED}),
            events=("episode.created", "episode.planned", "episode.executing", "film.ready", "episode.completed"),
        ),
        Chapter(
            name="cancels",
            play=tell_of_cancels,
            states=(
                EpisodeState.CANCELLED,
                {"stuck": BeatState.CANCELLED, "still": BeatState.CANCELLED, "late": BeatState.ACCEPTED},
            ),
            events=("episode.created", "episode.planned", "episode.executing", "episode.paused", "beat.cancelled"),
        ),
    )
}
