"""The functional suite: what StoryWorld is for, told through its HTTP API. Each story holds with and without faults beneath it.

With faults an attempt may be lost that nobody lost, so that how many attempts a beat took is looked at in calm weather only.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

from episodes.dispatch import MAX_COUNTED_ATTEMPTS
from episodes.errors import FailureClass, RenderFailed
from episodes.job import RenderJob
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import BeatView, EpisodeView
from episodes.ports import Control
from tests.reliability.acts import fails, hangs, is_deaf, kills_its_renderer
from tests.reliability.teller import Gate, Teller

Story = Callable[[Teller], None]

DONE, FAILED, CANCELLED, PENDING = BeatState.ACCEPTED, BeatState.FAILED, BeatState.CANCELLED, BeatState.PENDING
COMPLETED, PARTIALLY = EpisodeState.COMPLETED, EpisodeState.PARTIALLY_COMPLETED


def an_episode_becomes_a_film(teller: Teller) -> None:
    episode = teller.ended(teller.executing(num_beats=3), COMPLETED, DONE, DONE, DONE)
    if teller.is_calm:
        assert attempts(episode) == [1, 1, 1]
    shown = teller.look(episode.episode_id)
    assert shown["state"] == "COMPLETED"
    assert {a["type"] for a in shown["artifacts"]} >= {"film"}


def a_beat_waits_for_what_it_builds_on(teller: Teller) -> None:
    episode = teller.ended(teller.executing("In a chain Mika walks", num_beats=3), COMPLETED, DONE, DONE, DONE)
    for before, beat in zip(episode.beats, episode.beats[1:], strict=False):
        accepted_at = next(a.ended_at for a in before.attempts if a.state is AttemptState.SELECTED)
        assert accepted_at is not None
        assert accepted_at <= min(a.opened_at for a in beat.attempts)


def a_beat_that_failed_is_rendered_elsewhere(teller: Teller) -> None:
    teller.acts({"b1": fails(FailureClass.OUTPUT, 1), "b2": fails(FailureClass.RESOURCE, 1)})
    episode = teller.ended(teller.executing(num_beats=2), COMPLETED, DONE, DONE)
    if teller.is_calm:
        assert attempts(episode) == [2, 2]
        for beat in episode.beats:
            assert len({a.renderer for a in beat.attempts}) == 2


def a_beat_that_can_never_work_fails_at_once(teller: Teller) -> None:
    teller.acts({"b2": fails(FailureClass.CONTENT)})
    episode = teller.ended(teller.executing(num_beats=3), PARTIALLY, DONE, FAILED, DONE)
    assert [a.failure_class for a in episode.beats[1].attempts].count(FailureClass.CONTENT) == 1
    assert "content" in episode.beats[1].reason


def a_beat_that_kills_its_renderers_is_quarantined(teller: Teller) -> None:
    teller.acts({"b1": kills_its_renderer()})
    episode = teller.ended(teller.executing(num_beats=3), PARTIALLY, FAILED, DONE, DONE)
    assert "Quarantined" in episode.beats[0].reason
    assert [a.failure_class for a in episode.beats[0].attempts].count(FailureClass.CRASH) == 2


def a_beat_that_always_fails_ends_after_its_counted_attempts(teller: Teller) -> None:
    teller.acts({"b1": fails(FailureClass.OUTPUT)})
    episode = teller.ended(teller.executing(num_beats=2), PARTIALLY, FAILED, DONE)
    assert [a.failure_class for a in episode.beats[0].attempts].count(FailureClass.OUTPUT) == MAX_COUNTED_ATTEMPTS


def a_renderer_that_fails_everything_is_given_nothing_more(teller: Teller) -> None:
    teller.replace_coordinator()  # failures of other stories are forgotten
    bad, *_ = teller.house.fleet.names
    num_tried = 0

    def fails_there(job: RenderJob, control: Control) -> None:
        nonlocal num_tried
        if teller.house.fleet.who_has(job.job_id) == bad:
            num_tried += 1
            raise RenderFailed("This machine is broken.", FailureClass.OUTPUT)

    teller.acts(dict.fromkeys((f"b{i}" for i in range(1, 9)), fails_there))
    episode_id = teller.executing(num_beats=8)
    if teller.is_calm:
        teller.ended(episode_id, COMPLETED, *[DONE] * 8)
        assert num_tried in (3, 4), num_tried  # a fourth may be handed out just before the third failure is recorded
        fleet = teller.house.episodes.fleet()
        assert fleet is not None
        assert [r.name for r in fleet.renderers if r.blocked_reason] == [bad]
    else:  # a failure that is not recorded blames nobody: a beat may meet the broken machine until it is given up
        episode = teller.ended(episode_id, COMPLETED, PARTIALLY)
        for beat in episode.beats:
            assert (
                num_counted(beat) == MAX_COUNTED_ATTEMPTS if beat.state is FAILED else num_counted(beat) < MAX_COUNTED_ATTEMPTS
            )
    teller.house.fleet.kill(bad)  # mended: as long as it lives, it stays blocked under the next coordinator too
    teller.replace_coordinator()


def a_cancelled_episode_stops(teller: Teller) -> None:
    teller.acts({"b1": hangs(), "b2": is_deaf()})
    episode_id = teller.executing(num_beats=4)
    teller.wait_for_renders(episode_id, "b1", "b2")
    assert teller.move(episode_id, "cancel") in ("CANCELLING", "CANCELLED")
    episode = teller.ended(episode_id, EpisodeState.CANCELLED, *[CANCELLED] * 4)
    assert AttemptState.SELECTED not in {a.state for beat in episode.beats for a in beat.attempts}


def a_cancelled_beat_stops_alone(teller: Teller) -> None:
    teller.acts({"b1": hangs()})
    episode_id = teller.executing(num_beats=3)
    teller.wait_for_renders(episode_id, "b1")
    teller.move(episode_id, "beats/b1/cancel")
    teller.ended(episode_id, PARTIALLY, CANCELLED, DONE, DONE)


def a_paused_episode_finishes_what_runs_and_starts_nothing(teller: Teller) -> None:
    gate = Gate()
    teller.acts(dict.fromkeys(("b1", "b2", "b3", "b4"), gate))
    episode_id = teller.executing(num_beats=4)
    teller.wait_for_renders(episode_id, "b1", "b2")
    assert teller.move(episode_id, "pause") == "PAUSED"
    begun = opened(teller.house.episodes.episode(episode_id))
    gate.open()
    # faults may have lost one of those that render: then it is pending again, and stays so
    teller.wait_until(episode_id, lambda e: BeatState.RENDERING not in [b.state for b in e.beats])
    episode = teller.house.episodes.episode(episode_id)
    assert episode.state is EpisodeState.PAUSED
    assert opened(episode) == begun
    if teller.is_calm:
        assert [b.state for b in episode.beats] == [DONE, DONE, PENDING, PENDING]
    assert teller.move(episode_id, "resume") == "EXECUTING"
    teller.ended(episode_id, COMPLETED, *[DONE] * 4)


def a_paused_queue_starts_nothing_anywhere(teller: Teller) -> None:
    gate = Gate()
    teller.acts({"b1": gate})
    running = teller.executing(num_beats=1)
    teller.wait_for_renders(running, "b1")
    assert teller.post("/queue/pause") == {"is_paused": True}
    waiting = teller.executing(num_beats=2)
    gate.open()
    teller.wait_until(running, lambda e: BeatState.RENDERING not in [b.state for b in e.beats])
    assert opened(teller.house.episodes.episode(waiting)) == set()
    assert teller.look(waiting)["state"] == "EXECUTING"
    assert teller.post("/queue/resume") == {"is_paused": False}
    teller.ended(running, COMPLETED, DONE)
    teller.ended(waiting, COMPLETED, DONE, DONE)


def one_beat_is_retried_and_the_film_cut_anew(teller: Teller) -> None:
    teller.acts({"b1": fails(FailureClass.CONTENT), "b2": fails(FailureClass.CONTENT)})
    episode_id = teller.executing(num_beats=3)
    first = teller.ended(episode_id, PARTIALLY, FAILED, FAILED, DONE)
    teller.acts({"b2": fails(FailureClass.CONTENT)})
    teller.move(episode_id, "beats/b1/retry")
    second = teller.ended(episode_id, PARTIALLY, DONE, FAILED, DONE)
    assert second.beats[2].attempts == first.beats[2].attempts
    assert selected_film(second) != selected_film(first)


def all_that_failed_is_retried(teller: Teller) -> None:
    teller.acts({"b1": fails(FailureClass.CONTENT), "b3": fails(FailureClass.CONTENT)})
    episode_id = teller.executing(num_beats=3)
    teller.ended(episode_id, PARTIALLY, FAILED, DONE, FAILED)
    teller.acts({})
    teller.move(episode_id, "retry")
    teller.ended(episode_id, COMPLETED, DONE, DONE, DONE)


def a_beat_is_revised_while_it_renders(teller: Teller) -> None:
    teller.acts({"b1": hangs()})
    episode_id = teller.executing(num_beats=2)
    teller.wait_for_renders(episode_id, "b1")
    teller.acts({})
    teller.revise(episode_id, "b1", seed=4711)
    episode = teller.ended(episode_id, COMPLETED, DONE, DONE)
    assert episode.beats[0].beat.seed == 4711
    assert {a.revision for a in episode.beats[0].attempts if a.state is AttemptState.SELECTED} == {episode.beats[0].revision}


def a_beat_is_revised_after_the_film(teller: Teller) -> None:
    episode_id = teller.executing(num_beats=2)
    first = teller.ended(episode_id, COMPLETED, DONE, DONE)
    teller.revise(episode_id, "b2", description="Mika sits down.")
    second = teller.ended(episode_id, COMPLETED, DONE, DONE)
    assert second.beats[0].attempts == first.beats[0].attempts
    assert second.beats[1].beat.description == "Mika sits down."
    assert selected_film(second) != selected_film(first)


def an_episode_is_planned_anew_while_it_renders(teller: Teller) -> None:
    teller.acts({"b1": hangs(), "b2": hangs()})
    episode_id = teller.executing(num_beats=2)
    teller.wait_for_renders(episode_id, "b1", "b2")
    teller.acts({})
    assert teller.move(episode_id, "plan") == "PLANNED"
    teller.move(episode_id, "execute")
    episode = teller.ended(episode_id, COMPLETED, DONE, DONE)
    assert min(b.revision for b in episode.beats) == 2


def pictures_make_a_world_and_an_episode_in_it(teller: Teller) -> None:
    pictures = [a_picture(shade) for shade in (40, 200)]
    files = [("file", (f"place{i}.png", data, "image/png")) for i, data in enumerate(pictures)]
    world_id = f"market{teller.num_calls}"
    uploaded = teller.post(f"/worlds/{world_id}/images", files=files)
    assert len(uploaded["pictures"]) == len(pictures)
    keys = teller.house.artifacts.keys(f"worlds/{world_id}/images/")
    assert [len(teller.house.artifacts.get_bytes(key)) > 0 for key in keys] == [True, True]
    assert {p.key for p in teller.house.worlds.pictures(world_id)} == set(keys)
    episode = teller.ended(teller.executing(world_id=world_id, num_beats=1), COMPLETED, DONE)
    assert episode.request.world_id == world_id


def several_episodes_share_the_fleet(teller: Teller) -> None:
    episode_ids = [teller.executing(f"Mika looks, take {i}", num_beats=2) for i in range(4)]
    for episode_id in episode_ids:
        teller.ended(episode_id, COMPLETED, DONE, DONE)


def a_coordinator_is_replaced(teller: Teller) -> None:
    gate = Gate()
    teller.acts(dict.fromkeys(("b1", "b2", "b3"), gate))
    episode_id = teller.executing(num_beats=3)
    teller.wait_until(episode_id, lambda _: gate.entered[episode_id] >= 2)  # all renderers are busy: nothing is being begun
    teller.house.kill_coordinator()
    teller.house.let_the_lease_run_out()
    teller.house.start_coordinator()
    gate.open()
    episode = teller.ended(episode_id, COMPLETED, DONE, DONE, DONE)
    if teller.is_calm:
        assert attempts(episode) == [1, 1, 1]


def stores_are_slow(teller: Teller) -> None:
    with teller.faults.slow(0.02):
        episode = teller.ended(teller.executing(num_beats=2), COMPLETED, DONE, DONE)
    if teller.is_calm:
        assert attempts(episode) == [1, 1]


STORIES: tuple[Story, ...] = (
    an_episode_becomes_a_film,
    a_beat_waits_for_what_it_builds_on,
    a_beat_that_failed_is_rendered_elsewhere,
    a_beat_that_can_never_work_fails_at_once,
    a_beat_that_kills_its_renderers_is_quarantined,
    a_beat_that_always_fails_ends_after_its_counted_attempts,
    a_renderer_that_fails_everything_is_given_nothing_more,
    a_cancelled_episode_stops,
    a_cancelled_beat_stops_alone,
    a_paused_episode_finishes_what_runs_and_starts_nothing,
    a_paused_queue_starts_nothing_anywhere,
    one_beat_is_retried_and_the_film_cut_anew,
    all_that_failed_is_retried,
    a_beat_is_revised_while_it_renders,
    a_beat_is_revised_after_the_film,
    an_episode_is_planned_anew_while_it_renders,
    pictures_make_a_world_and_an_episode_in_it,
    several_episodes_share_the_fleet,
    a_coordinator_is_replaced,
    stores_are_slow,
)


def attempts(episode: EpisodeView) -> list[int]:
    return [len(beat.attempts) for beat in episode.beats]


def num_counted(beat: BeatView) -> int:
    return [a.failure_class for a in beat.attempts].count(FailureClass.OUTPUT)


def opened(episode: EpisodeView) -> set[str]:
    return {a.attempt_id for beat in episode.beats for a in beat.attempts}


def selected_film(episode: EpisodeView) -> str:
    [film] = [a.attempt_id for a in episode.film_attempts if a.state is AttemptState.SELECTED]
    return film


def a_picture(shade: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (32, 32), (shade, 80, 120)).save(written, "PNG")
    return written.getvalue()
