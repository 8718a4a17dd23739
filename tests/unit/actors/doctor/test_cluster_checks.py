"""What the cluster shares is tried, and each way in which it can fail is found."""

from __future__ import annotations

import pytest

from actors.doctor.cluster_checks import check_database, check_keys, check_serve, check_sharing, check_storage
from actors.doctor.facts import ServeFacts
from episodes.errors import Unavailable
from episodes.health import Finding, Verdict
from episodes.job import StoredFile
from storage.artifacts.memory import MemoryArtifacts
from storage.memory import MemoryEpisodeStore

LOCAL = ServeFacts(http_host="127.0.0.1", applications={"storyworld": ("RUNNING", "")}, proxies={"n1": "HEALTHY"})


class AwayDatabase(MemoryEpisodeStore):
    def lease_holder(self) -> tuple[str, float] | None:
        raise Unavailable("The database does not answer.", "Is it running?")


class AwayArtifacts(MemoryArtifacts):
    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
        raise Unavailable("The bucket 'films' does not answer.")


class ForgetfulArtifacts(MemoryArtifacts):
    def get_bytes(self, key: str) -> bytes:
        return super().get_bytes(key)[:-1]


class StickyArtifacts(MemoryArtifacts):
    def delete(self, key: str) -> None:
        pass


def is_one(finding: Finding, verdict: Verdict, said: str) -> None:
    assert (finding.verdict, said in finding.what) == (verdict, True), finding
    assert bool(finding.remedy) is (verdict is not Verdict.OK)


def test_a_database_that_answers_tells_who_leads() -> None:
    episodes = MemoryEpisodeStore()
    database, nobody = check_database(episodes)
    is_one(database, Verdict.OK, "answers")
    is_one(nobody, Verdict.WRONG, "Nobody leads")

    episodes.acquire_lease("a coordinator", 60)
    is_one(list(check_database(episodes))[1], Verdict.OK, "a coordinator leads")


def test_a_database_that_is_away_is_found_and_nothing_is_said_of_who_leads() -> None:
    [finding] = check_database(AwayDatabase())
    is_one(finding, Verdict.WRONG, "does not answer")


def test_a_store_is_written_read_and_left_as_it_was() -> None:
    artifacts = MemoryArtifacts()
    is_one(check_storage(artifacts), Verdict.OK, "Stored, read back and deleted")
    assert artifacts.keys("") == []


@pytest.mark.parametrize(
    ("artifacts", "verdict", "said"),
    [
        (AwayArtifacts(), Verdict.WRONG, "does not answer"),
        (ForgetfulArtifacts(), Verdict.WRONG, "other bytes"),
        (StickyArtifacts(), Verdict.WARNING, "after it was deleted"),
    ],
)
def test_a_store_that_fails_is_found(artifacts: MemoryArtifacts, verdict: Verdict, said: str) -> None:
    is_one(check_storage(artifacts), verdict, said)


def test_an_api_without_keys_is_for_this_machine_alone() -> None:
    is_one(check_keys(0, LOCAL), Verdict.OK, "this machine alone")
    is_one(check_keys(0, ServeFacts(http_host="0.0.0.0")), Verdict.WRONG, "asks for no key")
    is_one(check_keys(2, ServeFacts(http_host="0.0.0.0")), Verdict.OK, "one of 2")


@pytest.mark.parametrize(
    ("serve", "verdict", "said"),
    [
        (LOCAL, Verdict.OK, "storyworld: running"),
        (
            ServeFacts(http_host="", applications={"storyworld": ("DEPLOY_FAILED", "no room")}),
            Verdict.WRONG,
            "storyworld is DEPLOY_FAILED: no room",
        ),
        (ServeFacts(http_host="", proxies={"n1": "UNHEALTHY"}), Verdict.WRONG, "proxy of node n1 is UNHEALTHY"),
        (ServeFacts(http_host="", proxies={"n1": "HEALTHY", "n2": "HEALTHY"}), Verdict.WARNING, "listens on 2 nodes"),
    ],
)
def test_an_ill_serve_is_found(serve: ServeFacts, verdict: Verdict, said: str) -> None:
    [finding] = check_serve(serve)
    is_one(finding, verdict, said)


def test_what_cannot_be_shared_is_said_where_there_are_several_nodes() -> None:
    [finding] = check_sharing(2, is_for_one_node=True)
    is_one(finding, Verdict.WARNING, "only the head works")
    assert check_sharing(1, is_for_one_node=True) == check_sharing(2, is_for_one_node=False) == ()
