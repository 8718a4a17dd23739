"""A coordinator's moves with takes, in a few words."""

from __future__ import annotations

import uuid

from episodes.editing import with_beat_changed
from episodes.lifecycle import BeatState
from episodes.model import OpenAttempt, Opening, Take
from tests.contract.leading import Leader


class TakeLeader(Leader):
    def asked(self, episode_id: str, beat_id: str, *seeds: int | None) -> list[Take]:
        """Only those that are asked for now."""
        return self.store.ask_for_takes(episode_id, beat_id, seeds or (None,))[-len(seeds or (None,)) :]

    def take_opening(self, episode_id: str, beat_id: str, number: int, **fields: object) -> Opening:
        take = self.take(episode_id, beat_id, number)
        given = {"backend": self.beat(episode_id, beat_id).backend, "seed": take.seed, **fields}
        return Opening(
            attempt_id=str(uuid.uuid4()),
            episode_id=episode_id,
            beat_id=beat_id,
            revision=take.revision,
            renderer="r1",
            node="n1",
            take=number,
            **given,  # type: ignore[arg-type]  # fields of Opening
        )

    def start_takes(self, episode_id: str, beat_id: str, *numbers: int) -> list[OpenAttempt]:
        openings = [self.take_opening(episode_id, beat_id, number) for number in numbers]
        opened = self.store.open_attempts(self.lease, openings)
        assert all(opened), opened
        return [attempt for attempt in opened if attempt is not None]

    def take_is_made(self, episode_id: str, beat_id: str, *seeds: int | None) -> Take:
        """One more, with its clip."""
        *_, take = self.asked(episode_id, beat_id, *seeds)
        assert self.win(*self.start_takes(episode_id, beat_id, take.number)) == [True]
        return self.take(episode_id, beat_id, take.number)

    def take(self, episode_id: str, beat_id: str, number: int) -> Take:
        return next(one for one in self.store.takes(episode_id, beat_id) if one.number == number)

    def ready_takes(self, episode_id: str, **how: object) -> list[tuple[str, int | None]]:
        ready = self.store.ready_takes(self.lease, episode_id, **{"limit": 100, **how})  # type: ignore[arg-type]
        return [(one.beat.beat_id, one.take) for one in ready]

    def states_of_takes(self, episode_id: str, beat_id: str) -> dict[int, BeatState]:
        return {one.number: one.state for one in self.store.takes(episode_id, beat_id)}

    def selected_take(self, episode_id: str, beat_id: str) -> list[int]:
        return [one.number for one in self.store.takes(episode_id, beat_id) if one.is_selected]


def revise(leader: TakeLeader, episode_id: str, beat_id: str) -> None:
    beats = [view.beat for view in leader.store.episode(episode_id).beats]
    old = next(beat for beat in beats if beat.beat_id == beat_id)
    leader.store.edit_plan(episode_id, with_beat_changed(beats, old.model_copy(update={"caption": "Something else."})))
