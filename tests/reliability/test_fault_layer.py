"""The functional suite in calm weather, and with 5 % errors and 5 % "done, but the caller saw a timeout" on every call to every store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from episodes.episode_store import EpisodeStore
from episodes.errors import Unavailable
from episodes.ports import ArtifactStore
from storage.artifacts.memory import MemoryArtifacts
from storage.memory import MemoryEpisodeStore
from tests.builders import a_request
from tests.contract.databases import postgres
from tests.reliability.fault_layer import PORTS, Faults, faulty, methods_of
from tests.reliability.faults import SHARE, calm, five_and_five, house_on, tell
from tests.reliability.house import House
from tests.reliability.stories import STORIES, Story
from tests.reliability.teller import words

WEATHERS = [("sqlite", 0), ("sqlite", 1), ("postgresql", 2)]
"""Database and seed; 0: nothing fails."""


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(scope="module", params=WEATHERS, ids=lambda weather: f"{weather[0]}-{weather[1]}")
def housed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Faults]]:
    database, seed = request.param
    home = tmp_path_factory.mktemp("house")
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else f"sqlite:///{home / 'local.db'}"
    faults = five_and_five(seed) if seed else calm()
    with house_on(home, url, faults) as house:
        yield house, faults


@pytest.mark.parametrize("story", STORIES, ids=words)
def test_the_story_comes_true(story: Story, housed: tuple[House, Faults]) -> None:
    house, faults = housed

    tell(story, house, faults)


@pytest.mark.parametrize("port", PORTS)
def test_every_method_of_a_port_has_its_faults(port: type) -> None:
    """Also one that is added tomorrow."""
    assert methods_of(port)
    for name in methods_of(port):
        called: list[str] = []
        inner = type("Inner", (), {name: lambda self, called=called: called.append("done")})()
        store = faulty(port, inner, Faults(1, before=1.0, after=0.0))
        with pytest.raises(Unavailable, match=f"before {port.__name__}.{name}"):
            getattr(store, name)()
        assert called == []
        store = faulty(port, inner, Faults(1, before=0.0, after=1.0))
        with pytest.raises(Unavailable, match=f"after {port.__name__}.{name}"):
            getattr(store, name)()
        assert called == ["done"]


def test_the_faults_are_those_of_the_seed_and_as_many_as_was_said() -> None:
    def fates(seed: int) -> list[bool]:
        store, told = faulty(ArtifactStore, MemoryArtifacts(), Faults(seed, before=SHARE, after=SHARE)), []
        for _ in range(2000):
            try:
                store.head("a/b")
                told.append(True)
            except Unavailable:
                told.append(False)
        return told

    assert fates(1) == fates(1) != fates(2)
    assert 2000 * SHARE < fates(1).count(False) < 2000 * SHARE * 3


def test_what_fails_afterwards_has_been_done() -> None:
    inner = MemoryEpisodeStore()
    with pytest.raises(Unavailable):
        faulty(EpisodeStore, inner, Faults(1, before=0.0, after=1.0)).create(a_request())
    assert len(inner.episodes().episodes) == 1
