from __future__ import annotations

import pytest

from episodes.plan import Beat, CastMember, ShotSize, StoryTurn
from rendering.backends.animatic.acts import Act, Mood, act_of, mood_of
from rendering.backends.animatic.looks import Body, Hair, looks_of
from rendering.backends.animatic.score import BLOW_AT, BLOW_PERIOD_S, SCORES, pose_at, restrained
from rendering.backends.animatic.skeleton import stand_up
from rendering.backends.animatic.stage import stage
from rendering.backends.animatic.words import RAIN, mentions
from tests.builders import a_beat, a_character


def plays(action: str, beat: Beat | None = None, *, is_target: bool = False) -> Act:
    return act_of(CastMember(character=a_character(), action=action, is_target=is_target), beat or a_beat(turn=StoryTurn.TURN))


@pytest.mark.parametrize(
    ("action", "act"),
    [
        ("stands ready to fight", Act.FACE_OFF),
        ("looms and threatens", Act.FACE_OFF),
        ("falls and lies beaten", Act.DOWN),
        ("stands with lowered fists", Act.STAND),
        ("stands ready to dance", Act.STAND),
        ("dances along", Act.DANCE),
        ("runs away", Act.FLEE),
        ("runs after", Act.RUN),
        ("stands out of breath", Act.PANT),
        ("bends down and finds it", Act.FIND),
        ("cheers with arms up", Act.CHEER),
        ("talks with moving hands", Act.TALK),
        ("sleeps curled up", Act.SLEEP),
        ("prunes the roses", Act.STAND),  # "run" is not in it as a word
        ("", Act.LOOK),  # the beat's own action
    ],
)
def test_words_become_acts(action: str, act: Act) -> None:
    assert plays(action) is act


@pytest.mark.parametrize(
    ("turn", "actor", "target"),
    [
        (StoryTurn.SETUP, Act.FACE_OFF, Act.FACE_OFF),
        (StoryTurn.TURN, Act.FIGHT, Act.HIT),
        (StoryTurn.OUTCOME, Act.CHEER, Act.DOWN),
    ],
)
def test_a_fight_begins_face_to_face_and_ends_with_one_on_the_ground(turn: StoryTurn, actor: Act, target: Act) -> None:
    beat = a_beat(action="fight", turn=turn)

    assert plays("", beat) is actor
    assert plays("", beat, is_target=True) is target


def test_who_is_beaten_has_its_eyes_closed_and_who_flees_is_afraid() -> None:
    member = CastMember(character=a_character())

    assert mood_of(member, a_beat(), Act.DOWN) is Mood.ASLEEP
    assert mood_of(member, a_beat(), Act.FLEE) is Mood.SCARED


@pytest.mark.parametrize("act", [a for a in Act if a is not Act.ENTER])
def test_every_act_has_poses_and_comes_round_without_a_jump(act: Act) -> None:
    period = SCORES[act].period_s or 4.0

    before, after = pose_at(act, period - 1e-6, 4.0), pose_at(act, period + 1e-6, 4.0)

    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 0.01


def test_a_blow_lands_from_one_frame_to_the_next() -> None:
    blow_s = BLOW_PERIOD_S * BLOW_AT

    before, after = pose_at(Act.FIGHT, blow_s - 0.01, 4.0), pose_at(Act.FIGHT, blow_s, 4.0)

    assert after.x - before.x > 0.3


def test_the_actor_stands_left_and_looks_right_at_the_target() -> None:
    cast = (
        CastMember(character=a_character("Monster", character_id="m"), is_target=True),
        CastMember(character=a_character("Mika"), action="fights"),
    )

    by_name = {a.member.character.name: a for a in stage(a_beat(cast=cast), 1.0).actors}

    assert by_name["Mika"].x < by_name["Monster"].x
    assert by_name["Monster"].faces_left
    assert not by_name["Mika"].faces_left


def test_who_flees_runs_ahead_and_both_look_the_same_way() -> None:
    cast = (
        CastMember(character=a_character("Mika"), action="runs away"),
        CastMember(character=a_character("Wolf", character_id="w"), action="runs after", is_target=True),
    )

    by_name = {a.member.character.name: a for a in stage(a_beat(cast=cast), 1.0).actors}

    assert by_name["Wolf"].x < by_name["Mika"].x
    assert not by_name["Wolf"].faces_left
    assert not by_name["Mika"].faces_left


@pytest.mark.parametrize("aspect", [0.5, 1.0, 16 / 9])
@pytest.mark.parametrize("size", [ShotSize.EXTREME_WIDE, ShotSize.WIDE, ShotSize.FULL])
def test_a_giant_and_eight_people_are_in_the_picture_from_head_to_foot(size: ShotSize, aspect: float) -> None:
    cast = tuple(
        CastMember(character=a_character(character_id=f"c{i}"), scale=3.0 if i == 1 else 1.0, is_target=i == 1)
        for i in range(8)
    )

    staging = stage(a_beat(cast=cast, shot_size=size), aspect)

    framing = staging.framing
    for actor in staging.actors:
        assert framing.floor * framing.tall >= actor.height
        assert abs(actor.x - framing.x) + actor.width / 2 <= framing.tall * aspect / 2 + 0.01


def test_a_close_up_has_the_head_of_who_speaks_in_the_middle() -> None:
    cast = (CastMember(character=a_character("Mika")), CastMember(character=a_character("Tom")))
    line = {"character_id": "tom", "text": "Here I am."}

    staging = stage(a_beat(cast=cast, shot_size=ShotSize.CLOSE_UP, dialogue=line), 1.0)

    tom = next(a for a in staging.actors if a.member.character.name == "Tom")
    head_y = 0.88 * tom.height
    framing = staging.framing
    assert abs(tom.x - framing.x) < 0.3 * framing.tall
    assert 0.2 < framing.floor - head_y / framing.tall < 0.7


def test_a_near_shot_keeps_who_bows_in_the_picture() -> None:
    bow = pose_at(Act.BOW, 2.0, 4.0)

    assert restrained(bow, 1.0, ShotSize.CLOSE_UP).lean < 0.3 * bow.lean
    assert restrained(bow, 1.0, ShotSize.WIDE) == bow


@pytest.mark.parametrize("act", [Act.WALK, Act.RUN, Act.FIGHT, Act.SIT, Act.HIDE])
def test_the_lower_foot_stands_on_the_ground(act: Act) -> None:
    for step in range(12):
        bones = stand_up(pose_at(act, step * 0.11, 4.0))
        lowest = min(bones.near_leg.ankle[1], bones.far_leg.ankle[1])
        assert lowest == pytest.approx(0.02, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "description", "body"),
    [
        ("Mika", "a girl in a red coat", Body.PERSON),
        ("Gorugan", "a giant monster with horns", Body.MONSTER),
        ("Kiku", "a round robot", Body.ROBOT),
        ("Momo", "a black cat", Body.BEAST),
        ("Ignis", "a red dragon", Body.DRAGON),
        ("Boo", "a shy ghost", Body.BLOB),
        ("Giant Robot", "a giant robot", Body.ROBOT),
        ("Giant", "", Body.MONSTER),
    ],
)
def test_a_body_is_known_by_its_words(name: str, description: str, body: Body) -> None:
    assert looks_of(a_character(name, description=description)).body is body


def test_looks_follow_the_description() -> None:
    looks = looks_of(
        a_character("Saitama", description="bald hero, white cape, red boots", palette=("#f0d0b0", "#f0c030", "#f0c030"))
    )

    assert looks.hair is Hair.BALD
    assert looks.cape == (244, 244, 248)
    assert looks.top == (240, 192, 48)
    assert looks.shoes == (206, 48, 48)


def test_a_creature_has_the_colour_of_its_name_and_a_person_that_of_the_palette() -> None:
    dragon = looks_of(a_character("Red Dragon", description="a red dragon", palette=("#208040", "#208040", "#208040")))
    knight = looks_of(a_character("Red Knight", description="a knight", palette=("#208040", "#208040", "#208040")))

    assert dragon.top == (206, 48, 48)
    assert knight.top == (32, 128, 64)


@pytest.mark.parametrize(
    ("name", "description", "is_grey", "has_beard"),
    [
        ("Old Lighthouse Keeper", "an old lighthouse keeper, a man", True, True),
        ("Grandmother", "a grandmother", True, False),
        ("Grandpa Joe", "", True, True),
        ("Tom", "a boy, ten years old", False, False),
        ("Mika", "a ten-year-old girl", False, False),
        ("Anna", "an old woman with red hair", False, False),
    ],
)
def test_the_old_are_grey_unless_they_are_said_to_have_other_hair(
    name: str, description: str, is_grey: bool, has_beard: bool
) -> None:
    looks = looks_of(a_character(name, description=description, palette=()))

    assert (looks.hair_colour == (206, 206, 214), looks.beard) == (is_grey, has_beard)


@pytest.mark.parametrize("shot", [ShotSize.MEDIUM, ShotSize.WIDE, ShotSize.CLOSE_UP])
def test_who_falls_ends_on_the_ground_and_in_the_picture(shot: ShotSize) -> None:
    cast = (CastMember(character=a_character(), action="falls into a pond"),)
    staging = stage(a_beat(cast=cast, turn=StoryTurn.TURN, shot_size=shot), 16 / 9)
    [actor] = staging.actors

    assert actor.act is Act.FALL
    end = pose_at(actor.act, 3.9, 4.0)
    assert (end.y, end.roll > 60) == (0, True)
    assert 0 < staging.framing.floor < 1


def test_what_is_dropped_lets_nobody_fall() -> None:
    assert plays("drops the cake") is not Act.FALL


def test_a_raincoat_does_not_let_it_rain() -> None:
    assert mentions("Rain falls on the roof.", RAIN)
    assert not mentions("Mika in her raincoat rides a train.", RAIN)
