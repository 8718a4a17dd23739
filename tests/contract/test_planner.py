"""The contract of Planner, kept by every implementation."""

from __future__ import annotations

import pickle
import string
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from episodes.errors import BadInput
from episodes.plan import MAX_WORDS, Beat, EpisodeRequest, Plan, keeps_to_target
from episodes.ports import Planner
from episodes.world import Character, Place, Prop, StoredWorld, Style, World, WorldSource
from planning.asking import Terms
from planning.example_world import example_world
from planning.models import ModelAccess
from planning.offline.planner import OfflinePlanner
from planning.succession import PlannerSuccession
from planning.writer.planner import LanguageModelPlanner
from tests.api.rig import FakePlanner
from tests.builders import a_request, a_world
from tests.chat import a_chat_server
from tests.contract.at_once import at_once
from tests.contract.contributing import example

_MODEL: list[str] = []
"""The address of the one that is asked, while this module's tests run."""


@pytest.fixture(scope="module", autouse=True)
def _a_model() -> Iterator[None]:
    with a_chat_server() as (url, _):
        _MODEL.append(url)
        yield
        _MODEL.clear()


def _language_model_planner() -> LanguageModelPlanner:
    access = ModelAccess(provider="openai", model="tiny", base_url=_MODEL[0], api_key=SecretStr("sk-of-nobody"))
    return LanguageModelPlanner(terms=Terms(access=access))


PLANNERS: dict[str, Callable[[], Planner]] = {
    "offline": OfflinePlanner,
    "llm": _language_model_planner,
    "succession": lambda: PlannerSuccession(planners={"offline": OfflinePlanner()}),
    "fake": FakePlanner,
    "verbatim": example("planning/verbatim.py").VerbatimPlanner,
}
UNTELLABLE = {"fake": "something untellable"}
"""An intent that the planner refuses; who is not listed tells any text."""

WORD_FOR_WORD = ("fake", "verbatim")
"""Who describes every beat with the intent itself, however long."""

INTENTS = (
    "Saitama fights a giant monster on a rooftop",
    "Mika loses her kite and finds it at the lighthouse at night",
    "A lonely lighthouse in the fog",
    '"You shall not pass!" shouts the wizard on the bridge',
    "サイタマが屋上で怪獣と戦う",
    "?",
    "🎬" * 20,
    "a" * 2000,
    "run " * 500,
    "line one\nline two\tand a tab",
)
LONG = "x" * 2000
EMPTY = World()
CROWDED = World(
    title="t" * 200,
    characters=tuple(Character(character_id=f"c{n}", name=f"Bo {n}", description=LONG) for n in range(64)),
    places=tuple(Place(place_id=f"p{n}", name=f"Place {n}", description=LONG) for n in range(64)),
    props=tuple(Prop(prop_id=f"q{n}", name=f"Kite {n}", description=LONG) for n in range(64)),
    style=Style(description=LONG, negative=LONG),
)
WORLDS = {
    "empty": EMPTY,
    "small": a_world(),
    "example": example_world(),
    "crowded": CROWDED,
    "people without places": World(characters=a_world().characters),
    "places without people": World(places=a_world().places),
}


@pytest.fixture(params=PLANNERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def planner(kind: str) -> Planner:
    return PLANNERS[kind]()


def stored(world: World) -> StoredWorld:
    source, revision = (WorldSource.EMPTY, 0) if world == EMPTY else (WorldSource.STORED, 1)
    return StoredWorld(world_id="anime_world", revision=revision, source=source, world=world)


def told(planner: Planner, request: EpisodeRequest, world: World = EMPTY, episode_id: str = "e1") -> Plan:
    """The plan, looked at as the store will look at it. Whatever comes out has to pass its own checks again."""
    plan = planner.plan(episode_id, request, stored(world))
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    assert len(plan.beats) == request.num_beats
    return plan


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("intent", INTENTS, ids=lambda text: text[:12])
def test_any_intent_in_any_world_becomes_a_whole_plan(planner: Planner, intent: str, world: str) -> None:
    plan = told(planner, a_request(intent=intent), WORLDS[world])

    assert all(beat.description and beat.prompt for beat in plan.beats)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    intent=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=300).filter(lambda text: text.strip())
    | st.lists(st.sampled_from((*" ".join(INTENTS[:4]).split(), *string.punctuation)), min_size=1, max_size=30).map(" ".join),
    num_beats=st.integers(1, 8),
    seed=st.integers(0, 2**63 - 1),
    world=st.sampled_from(sorted(WORLDS)),
)
@pytest.mark.parametrize("name", PLANNERS)
def test_what_nobody_thought_of_becomes_a_plan_or_bad_input(
    name: str, intent: str, num_beats: int, seed: int, world: str
) -> None:
    request = a_request(intent=intent, num_beats=num_beats, seed=seed)

    with suppress(*((BadInput,) if name in UNTELLABLE else ())):
        assert told(PLANNERS[name](), request, WORLDS[world]) == told(PLANNERS[name](), request, WORLDS[world])


@pytest.mark.parametrize("num_beats", [1, 2, 3, 10, 100])
def test_there_are_as_many_beats_as_asked_for(planner: Planner, num_beats: int) -> None:
    assert len(told(planner, a_request(num_beats=num_beats), example_world()).beats) == num_beats


@pytest.mark.parametrize("duration_s", [0.5, 2.5, 30.0])
@pytest.mark.parametrize("num_beats", [1, 7])
def test_all_beats_together_last_as_long_as_asked_for(planner: Planner, duration_s: float, num_beats: int) -> None:
    request = a_request(duration_s=duration_s, num_beats=num_beats)

    assert keeps_to_target((beat.duration_s for beat in told(planner, request).beats), request.target_s)


@pytest.mark.parametrize("intent", INTENTS, ids=lambda text: text[:12])
def test_a_description_has_at_most_sixty_words(kind: str, intent: str) -> None:
    if kind in WORD_FOR_WORD:
        return
    for beat in told(PLANNERS[kind](), a_request(intent=intent), example_world()).beats:
        assert len(beat.description.split()) <= MAX_WORDS


@pytest.mark.parametrize("intent", INTENTS[:4])
def test_a_beat_is_where_and_when_its_scene_is(planner: Planner, intent: str) -> None:
    plan = told(planner, a_request(intent=intent, num_beats=6), example_world())
    scenes = {scene.scene_id: scene for scene in plan.scenes}

    assert {beat.scene_id for beat in plan.beats} - {None} == set(scenes), "no scene without a beat"
    for beat in plan.beats:
        if beat.scene_id is not None:
            scene = scenes[beat.scene_id]
            assert (scene.place, scene.time_of_day) == (beat.place, beat.time_of_day)
            assert {m.character.character_id for m in beat.cast} <= {w.character_id for w in scene.wardrobe}


def test_a_backend_that_was_asked_for_renders_every_beat(planner: Planner) -> None:
    assert {b.backend for b in told(planner, a_request(backend="oil-paint")).beats} == {"oil-paint"}


@pytest.mark.parametrize("name", UNTELLABLE)
def test_an_intent_that_cannot_be_told_is_bad_input_that_says_where(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        told(PLANNERS[name](), a_request(intent=UNTELLABLE[name]))

    assert refused.value.message
    assert refused.value.where == "intent"


def test_the_same_request_and_world_give_the_same_plan(kind: str) -> None:
    used, request = PLANNERS[kind](), a_request(intent=INTENTS[0], num_beats=5, seed=9)
    first = told(used, request, example_world())
    told(used, a_request(intent=INTENTS[1]), CROWDED)

    assert told(used, request, example_world(), episode_id="e2") == first
    assert told(PLANNERS[kind](), request, example_world()) == first


def test_many_requests_at_once_get_the_plans_that_each_would_get_alone(kind: str) -> None:
    requests = [a_request(intent=intent) for intent in INTENTS[:4]]
    alone = [told(PLANNERS[kind](), request, example_world()) for request in requests]
    shared = PLANNERS[kind]()

    together = at_once([partial(told, shared, request, example_world()) for request in requests])

    assert together == alone


def test_a_planner_and_its_plans_travel_between_processes(planner: Planner) -> None:
    request = a_request()
    plan = told(planner, request, example_world())
    travelled: Planner = pickle.loads(pickle.dumps(planner))

    assert told(travelled, request, example_world()) == plan
    assert pickle.loads(pickle.dumps(plan)) == plan


@pytest.mark.parametrize("intent", INTENTS[:4])
def test_whoever_the_world_knows_looks_as_the_world_says(planner: Planner, intent: str) -> None:
    world = example_world()
    characters = {c.character_id: c for c in world.characters}
    places = {p.place_id: p for p in world.places}

    for beat in told(planner, a_request(intent=intent, num_beats=6), world).beats:
        for member in beat.cast:
            assert member.character == characters.get(member.character.character_id, member.character)
        assert beat.place == places.get(beat.place.place_id, beat.place)


def test_who_is_not_in_the_world_takes_nobodys_id(planner: Planner) -> None:
    """Improvised characters and places are told apart from each other by their ids, as the world's are."""
    plan = told(planner, a_request(intent="Zorblax and Quimble fight the Frobnitz in Xanadu", num_beats=6), a_world())

    for things in (_characters(plan.beats), {(b.place.place_id, b.place) for b in plan.beats}):
        assert len({one_id for one_id, _ in things}) == len(things)


def test_who_speaks_is_in_the_picture(planner: Planner) -> None:
    for intent in INTENTS:
        for beat in told(planner, a_request(intent=intent, num_beats=6), example_world()).beats:
            cast = {m.character.character_id for m in beat.cast}
            assert beat.dialogue is None or beat.dialogue.character_id in cast


def _characters(beats: tuple[Beat, ...]) -> set[tuple[str, Character]]:
    return {(m.character.character_id, m.character) for beat in beats for m in beat.cast}
