"""What somebody does in a beat, as far as it can be drawn: one act per character, read from the plan's words."""

from __future__ import annotations

from enum import StrEnum

from episodes.plan import Beat, CastMember, StoryTurn
from rendering.backends.animatic.words import meaning_of


class Act(StrEnum):
    STAND = "stand"
    ENTER = "enter"
    WALK = "walk"
    RUN = "run"
    FLEE = "flee"
    FIGHT = "fight"
    FACE_OFF = "face off"
    HIT = "hit"
    DOWN = "down"
    ROAR = "roar"
    CAST = "cast"
    JUMP = "jump"
    FLY = "fly"
    FALL = "fall"
    TALK = "talk"
    LISTEN = "listen"
    LOOK = "look"
    FIND = "find"
    GIVE = "give"
    SLEEP = "sleep"
    DANCE = "dance"
    CRY = "cry"
    HIDE = "hide"
    EAT = "eat"
    SIT = "sit"
    WORK = "work"
    CHEER = "cheer"
    WAVE = "wave"
    HUG = "hug"
    SCARED = "scared"
    THINK = "think"


class Mood(StrEnum):
    CALM = "calm"
    HAPPY = "happy"
    ANGRY = "angry"
    SAD = "sad"
    SCARED = "scared"
    ASTONISHED = "astonished"
    DETERMINED = "determined"
    ASLEEP = "asleep"


# stems, most telling meanings first: on a tie of position the earlier one wins
_ACT_WORDS: dict[Act, str] = {
    Act.DOWN: "defeated collapse faint dies die dead lies\\b knocked lose loses lost\\b beaten",
    Act.HIT: "hurt hit\\sback wounded punched struck thrown",
    Act.FLEE: "flee fleeing fled escap run\\saway runs\\saway running\\saway retreat",
    Act.FACE_OFF: "face\\soff faces\\soff faces confront challeng ready glare threaten stare prepare stand\\sagainst",
    Act.FIGHT: "fight fought battle attack punch kick hit strike strik clash duel slash smash beat\\b beats defeat kill destroy box wrestl spar defend",
    Act.CAST: "cast magic spell shoot fires\\b blast beam conjur summon throw",
    Act.ROAR: "roar scream shout yell howl rage growl",
    Act.RUN: "run ran race rac chas hunt pursu sprint rush hurr gallop ride riding drive driving ski skat",
    Act.FLY: "fly flies flew float soar hover swim swam dive",
    Act.FALL: "fall fell drop plunge trip",
    Act.JUMP: "jump leap hop bounce climb",
    Act.DANCE: "danc spin sing sang music perform",
    Act.CRY: "cry cries cried weep sob mourn grie sad",
    Act.SLEEP: "sleep slept asleep nap doz dream rest snooz",
    Act.EAT: "eat ate drink drank cook taste feast lunch dinner sip bite",
    Act.HUG: "hug embrac kiss comfort reunite",
    Act.GIVE: "give gave hand\\sover hands\\b offer share show help rescue save feed",
    Act.HIDE: "hid sneak crouch creep lurk duck",
    Act.SCARED: "scare afraid fear trembl shak panic shiver cower",
    Act.FIND: "find found discover pick reach open search seek dig collect grab catch steal",
    Act.CHEER: "cheer celebrat win\\b wins won\\b victor triumph laugh happy smile proud rejoice applau",
    Act.WAVE: "wave greet welcome hello goodbye farewell meet met\\b",
    Act.TALK: "talk say speak spoke tell told ask answer chat convers argue discuss explain whisper promis call joke",
    Act.LISTEN: "listen hear",
    Act.THINK: "think wonder ponder remember decide",
    Act.WORK: "work build write wrote read paint draw play repair fix make made study teach clean train practi",
    Act.SIT: "sit sat\\b kneel meditat wait",
    Act.ENTER: "enter arriv appear come came return approach step",
    Act.WALK: "walk stroll wander march follow leave leav go\\b goes going went travel explore patrol journey cross",
    Act.LOOK: "look watch see saw gaze observ notice admire",
    Act.STAND: "stand stood stay pose breath",
}

_MOOD_WORDS: dict[Mood, str] = {
    Mood.ASLEEP: "sleep asleep nap snooz",
    Mood.ANGRY: "angr furious rage mad\\b roar evil growl",
    Mood.SAD: "sad cry cries weep lonely lost tear mourn sob",
    Mood.SCARED: "scare afraid fear panic flee trembl cower",
    Mood.ASTONISHED: "surpris astonish shock amaz discover find found wonder",
    Mood.HAPPY: "happ smil laugh joy cheer celebrat danc win\\b wins love friend hug play",
    Mood.DETERMINED: "fight attack determin brave ready confront chase train race",
}

_ACT_MOODS: dict[Act, Mood] = {
    Act.FIGHT: Mood.DETERMINED,
    Act.FACE_OFF: Mood.DETERMINED,
    Act.CAST: Mood.DETERMINED,
    Act.RUN: Mood.DETERMINED,
    Act.ROAR: Mood.ANGRY,
    Act.HIT: Mood.SCARED,
    Act.DOWN: Mood.ASLEEP,
    Act.FLEE: Mood.SCARED,
    Act.FALL: Mood.SCARED,
    Act.SCARED: Mood.SCARED,
    Act.HIDE: Mood.SCARED,
    Act.CRY: Mood.SAD,
    Act.SLEEP: Mood.ASLEEP,
    Act.FIND: Mood.ASTONISHED,
    Act.DANCE: Mood.HAPPY,
    Act.CHEER: Mood.HAPPY,
    Act.WAVE: Mood.HAPPY,
    Act.HUG: Mood.HAPPY,
    Act.EAT: Mood.HAPPY,
    Act.GIVE: Mood.HAPPY,
    Act.TALK: Mood.HAPPY,
}

# what somebody does to whom something is done
_REACTIONS: dict[Act, Act] = {
    Act.FIGHT: Act.HIT,
    Act.CAST: Act.HIT,
    Act.FACE_OFF: Act.FACE_OFF,
    Act.RUN: Act.FLEE,
    Act.ROAR: Act.SCARED,
    Act.TALK: Act.LISTEN,
    Act.HUG: Act.HUG,
    Act.DANCE: Act.DANCE,
    Act.GIVE: Act.CHEER,
    Act.WAVE: Act.WAVE,
    Act.FIND: Act.STAND,
    Act.LOOK: Act.STAND,
    Act.EAT: Act.EAT,
}

_HOSTILE = (Act.FIGHT, Act.CAST)


def act_of(member: CastMember, beat: Beat) -> Act:
    """What a character does here: its own words first, then the beat's, bent to the turn of the story."""
    own = meaning_of(member.action, _ACT_WORDS)
    told = meaning_of(f"{beat.action} {beat.description}", _ACT_WORDS) or Act.STAND
    if own is None:
        act = _REACTIONS.get(told, Act.STAND) if member.is_target else told
    elif member.is_target and own in _HOSTILE and beat.turn is not StoryTurn.SETUP:
        act = Act.HIT
    else:
        act = own
    return _at_turn(act, member, beat)


def _at_turn(act: Act, member: CastMember, beat: Beat) -> Act:
    """A fight begins with two who face each other and ends with one who lies on the ground."""
    if act in (Act.FIGHT, Act.HIT, Act.CAST):
        if beat.turn is StoryTurn.SETUP and act is not Act.CAST:
            return Act.FACE_OFF
        if beat.turn is StoryTurn.OUTCOME:
            return Act.DOWN if member.is_target or act is Act.HIT else Act.CHEER
    return act


def mood_of(member: CastMember, beat: Beat, act: Act) -> Mood:
    own = meaning_of(member.action, _MOOD_WORDS)
    if act in (Act.DOWN, Act.SLEEP):
        return Mood.ASLEEP
    return own or _ACT_MOODS.get(act) or (Mood.HAPPY if beat.turn is StoryTurn.OUTCOME else Mood.CALM)
