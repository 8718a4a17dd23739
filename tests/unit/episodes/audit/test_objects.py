"""Each kind of damage to what is stored is found by the check that is there for it, and by no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from episodes.audit import Thing, audit
from episodes.audited import ArtifactAudit
from episodes.errors import Damaged, FailureClass, RenderFailed, Unavailable
from episodes.job import beat_path, film_path, result_key
from episodes.model import Acceptance
from storage.artifacts.memory import MemoryArtifacts
from tests.unit.episodes.audit.test_rules import violated
from tests.unit.episodes.audit.told import Past, Told


def clip(told: Told) -> str:
    return told.artifact("completed", "video").key


def result_of_film(told: Told) -> str:
    return result_key(told.ids["completed"], None, told.selected("completed", None).attempt_id)


def _gone(told: Told) -> None:
    told.artifacts.delete(clip(told))


def _other_bytes(told: Told) -> None:
    told.overwrite(clip(told), told.artifacts.get_bytes(clip(told))[::-1])


def _cut_short(told: Told) -> None:
    told.overwrite(clip(told), told.artifacts.get_bytes(clip(told))[:-1])


def _no_result(told: Told) -> None:
    told.artifacts.delete(result_of_film(told))


def _unreadable_result(told: Told) -> None:
    told.overwrite(result_of_film(told), b"{")


def _result_of_another(told: Told) -> None:
    other = result_key(told.ids["partial"], None, told.selected("partial", None).attempt_id)
    told.overwrite(result_of_film(told), told.artifacts.get_bytes(other))


def _result_with_another_hash(told: Told) -> None:
    said, film = told.artifacts.get_bytes(result_of_film(told)), told.artifact("completed", "film")
    told.overwrite(result_of_film(told), said.replace(film.sha256.encode(), b"0" * 64))


def _of_nobody(told: Told) -> None:
    told.artifacts.put_bytes(f"{film_path(told.ids['completed'])}/nobody.mp4", b"film", "video/mp4")


def _of_another_beat(told: Told) -> None:
    attempt_id = told.selected("completed", "b1").attempt_id
    told.artifacts.put_bytes(f"{beat_path(told.ids['completed'], 'b2')}/video/{attempt_id}.mp4", b"clip", "video/mp4")


def _of_no_shape(told: Told) -> None:
    told.artifacts.put_bytes(f"episodes/{told.ids['completed']}/notes.txt", b"hello", "text/plain")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "plant"),
    [
        ("artifacts", _gone),
        ("artifacts", _other_bytes),
        ("artifacts", _cut_short),
        ("results", _no_result),
        ("results", _unreadable_result),
        ("results", _result_of_another),
        ("results", _result_with_another_hash),
        ("known-objects", _of_nobody),
        ("known-objects", _of_another_beat),
        ("known-objects", _of_no_shape),
    ],
)
def test_the_check_that_is_there_for_it_finds_damage_in_the_store(check: str, plant: Callable[[Told], None]) -> None:
    told = Told()
    plant(told)

    [violation] = audit(told, told.artifacts).violations

    assert violation.check == check
    assert told.ids["completed"] in violation.where
    assert violation.what.endswith(".")


@pytest.mark.slow
def test_an_artifact_under_a_key_of_nobody_is_found() -> None:
    past = Past()
    leader = past.leader
    episode_id = leader.executing(1)
    attempt = leader.start_one(episode_id, "b1")
    file = past.artifacts.put_bytes(f"{beat_path(episode_id, 'b1')}/video/another.mp4", b"clip", "video/mp4")
    result = leader.store_result(attempt, {"video": file})
    assert leader.store.accept(leader.lease, [Acceptance(attempt_id=attempt.attempt_id, result=result)]) == [True]

    [violation] = audit(past.bench.audited, past.artifacts).violations

    assert (violation.check, violation.where) == ("own-keys", file.key)


@pytest.mark.slow
def test_orphans_and_objects_of_other_clusters_are_counted_and_nothing_wrong() -> None:
    told = Told()
    told.artifacts.put_bytes("episodes/of-another-cluster/film/f1.mp4", b"film", "video/mp4")
    told.artifacts.put_bytes("worlds/anime/images/1.png", b"picture", "image/png")

    report = audit(told, told.artifacts)

    [known] = [check for check in report.checks if check.name == "known-objects"]
    # the late ones of the revised, the cancelled and the newly planned episode with three objects each, and a failed film's result
    assert known.notes == (
        "1 objects belong to episodes that this database does not know.",
        "10 are orphans, which a sweep would delete.",
    )
    assert report.violations == ()


@pytest.mark.slow
def test_clips_and_films_that_do_not_decode_are_found_and_others_are_left_alone() -> None:
    told, seen = Told(), set[str]()

    def decode(path: Path, artifact: ArtifactAudit) -> None:
        assert path.read_bytes() == told.artifacts.get_bytes(artifact.key)
        seen.add(artifact.key)
        if artifact.key == clip(told):
            raise RenderFailed("The picture is torn.", FailureClass.OUTPUT)

    [violation] = audit(told, told.artifacts, decode=decode).violations

    assert (violation.check, violation.where) == ("decoding", clip(told))
    assert "The picture is torn." in violation.what
    audits = list(told.audit_episodes())
    assert seen == {a.key for one in audits for a in one.artifacts if a.is_selected and a.artifact_type in ("video", "film")}


@pytest.mark.slow
def test_a_damaged_video_is_not_decoded() -> None:
    told = Told()
    _other_bytes(told)

    def decode(path: Path, artifact: ArtifactAudit) -> None:
        assert artifact.key != clip(told)

    assert violated(audit(told, told.artifacts, decode=decode)) == {"artifacts"}


class Flaky(MemoryArtifacts):
    """Says so often that what it read is damaged."""

    def __init__(self, inner: MemoryArtifacts, key: str, num_damaged: int) -> None:
        vars(self).update(vars(inner))
        self.key = key
        self.num_damaged = num_damaged

    def get_bytes(self, key: str) -> bytes:
        if key == self.key and self.num_damaged:
            self.num_damaged -= 1
            raise Damaged("These are not the bytes that were written.")
        return super().get_bytes(key)


@pytest.mark.slow
@pytest.mark.parametrize(("num_damaged", "expected"), [(1, set()), (2, {"artifacts"})])
def test_bytes_that_were_damaged_on_the_way_are_read_again(num_damaged: int, expected: set[str]) -> None:
    told = Told()

    assert violated(audit(told, Flaky(told.artifacts, clip(told), num_damaged))) == expected


@pytest.mark.slow
def test_a_result_that_the_store_knows_to_be_damaged_is_found() -> None:
    told = Told()

    assert violated(audit(told, Flaky(told.artifacts, result_of_film(told), 2))) == {"results"}


def test_a_store_that_does_not_answer_is_no_violation() -> None:
    told = Told()

    class Away(MemoryArtifacts):
        def get_file(self, key: str, path: Path) -> None:
            raise Unavailable("The store is away.")

    with pytest.raises(Unavailable):
        audit(told, Away())


@pytest.mark.slow
@pytest.mark.parametrize("is_before", [True, False])
def test_what_is_published_just_before_or_after_the_objects_are_listed_is_nothing_wrong(is_before: bool) -> None:
    past = Past()

    def win_one() -> None:
        attempt = past.leader.start_one(past.ids["running"], "b3")
        assert past.leader.win(attempt) == [True]

    class Busy(MemoryArtifacts):
        def keys(self, prefix: str) -> list[str]:
            if is_before:
                win_one()
            found = super().keys(prefix)
            if not is_before:
                win_one()
            return found

    busy = Busy()
    vars(busy).update(vars(past.artifacts))

    assert audit(past.bench.audited, busy).violations == ()


class Counted:
    """A census of these."""

    def __init__(self, *things: Thing) -> None:
        self._things = things

    def things(self) -> Iterable[Thing]:
        return self._things


@pytest.mark.slow
def test_what_is_left_over_is_found_and_what_is_at_work_only_when_nothing_should_be() -> None:
    told = Told()
    alien = Thing(where="actor alien", wrong="Nobody planned it.")
    clip_on_its_way = Thing(where="spool/1", wrong="It waits for the store.", is_passing=True)
    censuses = [Counted(Thing(where="actor coordinator")), Counted(alien, clip_on_its_way)]

    report = audit(told, told.artifacts, censuses=censuses)

    assert [(v.check, v.where) for v in report.violations] == [("leftovers", "actor alien")]
    assert "spool/1: It waits for the store. At rest it would be left over." in str(report)
    [leftovers] = [check for check in report.checks if check.name == "leftovers"]
    assert leftovers.num_looked_at == 3
    told.plant("running", lambda episode: told.really("completed"))
    at_rest = audit(told, told.artifacts, censuses=censuses, at_rest=True)
    assert {v.where for v in at_rest.violations if v.check == "leftovers"} == {"actor alien", "spool/1"}


@pytest.mark.slow
def test_a_report_reads_as_a_list_of_promises() -> None:
    told = Told()
    _gone(told)

    lines = str(audit(told, told.artifacts)).splitlines()

    assert (
        f"WRONG  artifacts           {len([a for one in told.audit_episodes() for a in one.artifacts]):>7}  Every"
        in "\n".join(lines)
    )
    assert f"         {clip(told)}: There is no such object." in lines
    assert sum(line.startswith("ok ") for line in lines) == len(audit(told, told.artifacts).checks) - 1
