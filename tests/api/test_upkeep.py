"""The audit and the sweep over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.routes import upkeep
from episodes.audit import Thing
from episodes.errors import Unavailable
from episodes.job import beat_path
from episodes.upkeep import Upkeep
from tests.api.rig import Rig, is_problem

NOBODY = "01990f6e-7c2a-7b1e-9d55-0a5f4f1c2b3d"


async def audited(rig: Rig, **query: Any) -> dict[str, Any]:
    answer = await rig.client.get("/audit", params=query)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    assert report["num_violations"] == sum(len(check["violations"]) for check in report["checks"])
    return report


async def test_a_whole_system_is_clean_and_says_what_was_looked_at(rig: Rig) -> None:
    rig.store_results(await rig.completed())

    report = await audited(rig)

    assert report["num_violations"] == 0
    looked_at = {check["name"]: check["num_looked_at"] for check in report["checks"]}
    assert looked_at["accepted-beats"] == 3
    assert looked_at["artifacts"] == 10


async def test_a_missing_clip_is_named(rig: Rig) -> None:
    episode_id = await rig.completed()
    rig.store_results(episode_id)
    other = await rig.created()
    [key] = rig.artifacts.keys(f"{beat_path(episode_id, 'b2')}/video/")
    rig.artifacts.delete(key)

    report = await audited(rig)

    [check] = [check for check in report["checks"] if check["violations"]]
    assert check["name"] == "artifacts"
    assert check["violations"] == [{"where": key, "what": "There is no such object."}]
    assert (await audited(rig, episode_id=episode_id))["num_violations"] == 1
    assert (await audited(rig, episode_id=other))["num_violations"] == 0


async def test_an_attempt_that_is_open_at_rest_is_wrong(rig: Rig) -> None:
    rig.open(await rig.executing(), "b1")

    assert (await audited(rig))["num_violations"] == 0
    assert (await audited(rig, at_rest=True))["num_violations"] == 1


async def test_a_sweep_deletes_orphans_and_a_dry_run_says_which(rig: Rig) -> None:
    episode_id = await rig.executing()
    rig.render_all(episode_id, fail=["b1"])
    [lost] = [a.attempt_id for b in rig.episodes.episode(episode_id).beats for a in b.attempts if b.beat.beat_id == "b1"]
    orphan = f"{beat_path(episode_id, 'b1')}/video/{lost}.mp4"
    stranger = f"{beat_path(episode_id, 'b1')}/video/nobody.mp4"
    for key in (orphan, stranger, "episodes/elsewhere/film/f1.mp4"):
        rig.store(key, b"clip", "video/mp4")
    expected = {
        "dry_run": True,
        "num_orphans": 1,
        "orphans": [orphan],
        "num_strangers": 1,
        "strangers": [stranger],
        "num_kept": 4,
        "num_elsewhere": 1,
    }

    assert (await rig.client.post("/sweep", params={"dry_run": True})).json() == expected
    assert rig.artifacts.head(orphan)
    other = await rig.created()
    assert (await rig.client.post("/sweep", params={"episode_id": other})).json()["num_orphans"] == 0
    assert (await rig.client.post("/sweep")).json() == {**expected, "dry_run": False}
    assert rig.artifacts.head(orphan) is None
    assert rig.artifacts.head(stranger)


async def test_an_answer_shows_so_many_keys_and_counts_all(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "MAX_SHOWN_KEYS", 2)
    episode_id = await rig.created()
    for number in range(3):
        rig.store(f"episodes/{episode_id}/{number}", b"clip", "video/mp4")

    answer = (await rig.client.post("/sweep")).json()

    assert (answer["num_strangers"], len(answer["strangers"])) == (3, 2)


@pytest.mark.parametrize("call", ["GET /audit", "POST /sweep"])
async def test_what_nobody_knows_is_not_found_and_what_cannot_be_is_bad_input(rig: Rig, call: str) -> None:
    method, path = call.split()
    for name in (NOBODY, "NO-ID", ""):
        is_problem(await rig.client.request(method, path, params={"episode_id": name}), 404, "not-found")
    problem = is_problem(
        await rig.client.request(method, path, params={"decode": "perhaps", "dry_run": "perhaps"}), 422, "bad-input"
    )
    assert problem["errors"][0]["where"] in ("decode", "dry_run")


class Busy:
    """A census during which the same is asked for once more."""

    def __init__(self) -> None:
        self.upkeep: Upkeep
        self.refusal: Unavailable | None = None

    def things(self) -> Iterator[Thing]:
        try:
            self.upkeep.sweep()
        except Unavailable as refusal:
            self.refusal = refusal
            raise
        yield Thing(where="nobody")


async def test_a_second_audit_is_told_to_wait() -> None:
    busy, rig = Busy(), Rig()
    busy.upkeep = Upkeep(rig.episodes, rig.artifacts, censuses=[busy])
    rig = Rig(episodes=rig.episodes, artifacts=rig.artifacts, upkeep=busy.upkeep)

    answer = await rig.client.get("/audit")

    is_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "10"
    assert busy.refusal is not None
