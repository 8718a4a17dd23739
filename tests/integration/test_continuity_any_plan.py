"""Whatever the plan: nothing is raised, every contradiction points at its beats, and what things are called makes no difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from episodes.contradictions import Contradiction
from episodes.effects import Effect, Happening
from episodes.plan import Beat, CameraMove, CastMember, Line, Plan, Scene, TimeOfDay, Transition, Wardrobe
from episodes.world import CharacterState, Prop, PropState, World, WorldState
from planning.continuity.script import Moves
from planning.continuity.supervisor import contradictions_in
from tests.builders import a_beat, a_character, a_place

PEOPLE = ("ann", "bob", "cleo", "dan")
"""The last one is not in the world."""
PROPS = ("kite", "sword", "teapot")
PLACES = ("attic", "beach")
MOVES: Moves = {"animatic": None, "svd": (CameraMove.STATIC,), "mute": ()}
NAMES = {
    "people": {"ann": "zoe", "bob": "yves", "cleo": "x-9", "dan": "walter_2"},
    "props": {"kite": "urn", "sword": "tea", "teapot": "sax"},
    "places": {"attic": "roof", "beach": "quay"},
    "scenes": {"s0": "opening", "s1": "chase", "s2": "end"},
}
"""Other ids for the same; sorted otherwise, too."""

who, prop = st.sampled_from(PEOPLE), st.sampled_from(PROPS)
few_words = st.sampled_from(("", "runs", "lies there", "is carried"))


def all_effects() -> Iterator[Effect]:
    """Every happening with everybody and everything that it may have."""
    for happens, one, thing, other in product(Happening, PEOPLE, PROPS, PEOPLE):
        with suppress(ValueError):
            yield Effect(happens=happens, character_id=one, prop_id=thing, to=other)
        with suppress(ValueError):
            yield Effect(happens=happens, character_id=one, prop_id=thing)
        for detail in ("", "a red coat"):
            with suppress(ValueError):
                yield Effect(happens=happens, character_id=one, detail=detail)
    yield Effect(happens=Happening.TIME_PASSES)


EFFECTS = list(dict.fromkeys(all_effects()))
assert {effect.happens for effect in EFFECTS} == set(Happening)


@st.composite
def beats(draw: st.DrawFn, index: int, has_scenes: bool) -> Beat:
    cast = draw(st.lists(who, max_size=3, unique=True))
    start = f"b{draw(st.integers(1, index))}" if index and draw(st.integers(0, 3)) == 0 else None
    speaker = draw(st.none() | who)
    return a_beat(
        index,
        scene_id=f"s{draw(st.integers(0, 2))}" if has_scenes and draw(st.integers(0, 5)) else None,
        cast=tuple(
            CastMember(
                character=a_character(one.title(), character_id=one, description=draw(st.sampled_from(("tall", "small")))),
                action=draw(few_words),
                is_target=draw(st.booleans()),
            )
            for one in cast
        ),
        place=a_place(draw(st.sampled_from(PLACES)).title()),
        time_of_day=draw(st.sampled_from(TimeOfDay)),
        camera_move=draw(st.sampled_from(CameraMove)),
        backend=draw(st.sampled_from((*MOVES, "unheard-of"))),
        dialogue=Line(character_id=speaker, text=draw(st.sampled_from(("", "No!", "to be " * 40, "猫" * 90))))
        if speaker
        else None,
        duration_s=draw(st.sampled_from((0.5, 4.0, 30.0))),
        transition=draw(st.sampled_from(Transition)),
        effects=tuple(draw(st.lists(st.sampled_from(EFFECTS), max_size=3))),
        starts_from=start,
        depends_on=(start,) if start else (),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    has_scenes = draw(st.booleans())
    told = tuple(draw(beats(index, has_scenes)) for index in range(draw(st.integers(1, 6))))
    clothes = st.sampled_from(("", "a red coat", "a blue coat"))
    scenes = (
        Scene(
            scene_id=f"s{n}",
            place=a_place("Attic"),
            weather=draw(st.sampled_from(("", "rain", "sun"))),
            wardrobe=tuple(Wardrobe(character_id=one, clothes=draw(clothes)) for one in draw(st.sets(who))),
        )
        for n in range(3)
    )
    return Plan(beats=told, scenes=tuple(scenes) if has_scenes else ())


@st.composite
def worlds(draw: st.DrawFn) -> World:
    known = PEOPLE[:-1]
    state = WorldState(
        characters=tuple(
            CharacterState(character_id=one, is_alive=draw(st.booleans()), injuries=("arm",) if draw(st.booleans()) else ())
            for one in draw(st.sets(st.sampled_from(known)))
        ),
        props=tuple(
            PropState(prop_id=one, held_by=draw(st.sampled_from(known))) for one in draw(st.sets(st.sampled_from(PROPS[:-1])))
        ),
    )
    return World(
        characters=tuple(a_character(one.title(), character_id=one) for one in known),
        props=tuple(Prop(prop_id=one, name=one) for one in PROPS[:-1]),
        state=state,
    )


def renamed(text: str, beats: int) -> str:
    """JSON with every id in it exchanged, whole: `"ann"` → `"zoe"`."""
    names = {old: new for table in NAMES.values() for old, new in table.items()}
    names |= {old.title(): new.title() for old, new in NAMES["people"].items()}
    names |= {f"b{n}": f"beat-{97 - n}" for n in range(1, beats + 1)}
    for old, new in names.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    return text


def points(found: tuple[Contradiction, ...]) -> list[tuple[str, str, str, str | None]]:
    return [(one.code, one.severity, one.beat_id, one.other_beat_id) for one in found]


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(plans(), worlds())
def test_any_plan_can_be_read_and_what_things_are_called_makes_no_difference(plan: Plan, world: World) -> None:
    found = contradictions_in(plan, world, MOVES)

    order = [beat.beat_id for beat in plan.beats]
    assert [one.beat_id for one in found] == sorted((one.beat_id for one in found), key=order.index)
    assert len(set(found)) == len(found)
    for one in found:
        assert one.other_beat_id is None or one.other_beat_id in order
        assert one.other_beat_id != one.beat_id
        assert one.what
        assert one.suggestion

    number = len(order)
    other_plan = Plan.model_validate_json(renamed(plan.model_dump_json(), number))
    other_world = World.model_validate_json(renamed(world.model_dump_json(), number))
    expected = [tuple(json.loads(renamed(json.dumps(one), number))) for one in points(found)]
    assert points(contradictions_in(other_plan, other_world, MOVES)) == expected
