"""What somebody does in a beat, as far as it can be drawn: one act per character, read from the plan's words."""

from __future__ import annotations

import re
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
    PANT = "pant"
    KNEEL = "kneel"
    BOW = "bow"
    SHOW = "show"
    SPREAD = "spread"


class Mood(StrEnum):
    CALM = "calm"
    HAPPY = "happy"
    ANGRY = "angry"
    SAD = "sad"
    SCARED = "scared"
    ASTONISHED = "astonished"
    DETERMINED = "determined"
    ASLEEP = "asleep"


LYING = frozenset({Act.SLEEP, Act.DOWN, Act.FALL})
"""They end, or are all the time, on the ground."""

# phrases that decide wherever they stand in the sentence
_TELLING: dict[Act, str] = {
    Act.DOWN: "beaten defeated lies\\sstill lies\\son lies\\sbeaten collapse knocked\\sout faint dies\\b dead\\b unconscious",
    Act.FACE_OFF: "ready\\sto\\sfight looms face\\sto\\sface faces\\soff face\\soff confront threaten glare challeng",
    Act.FLEE: "runs?\\saway running\\saway flee fled escap retreat",
    Act.PANT: "out\\sof\\sbreath leans\\sand\\sbreathes pant\\b exhausted",
    Act.HUG: "both\\sarms,?\\sto hug embrac cuddl reaches\\sout\\sboth\\sarms",
    Act.CAST: "raises\\sboth\\sarms,\\sglowing glowing casts?\\sa",
    Act.SPREAD: "spread\\sarms spreads\\sthe\\sarms arms\\sspread",
    Act.CHEER: "arms\\sup raises\\sboth cheer celebrat",
    Act.SHOW: "holds?\\sit\\sup holds?\\sup raises?\\sit",
    Act.GIVE: "holds\\sout reaches\\sout hands\\sover",
}
# stems; the first that stands in the sentence counts
_DEEDS: dict[Act, str] = {
    Act.HIT: "hurt hit\\sback wounded punched struck thrown",
    Act.FIGHT: "fight fought battle attack punch kick hit strik clash duel slash smash beat\\b beats kill destroy box wrestl spar\\b defend slay",
    Act.CAST: "cast magic spell shoot fires\\b blast beam conjur summon throw glow transform",
    Act.ROAR: "roar scream shout yell howl rage growl",
    Act.RUN: "run ran\\b race\\b races racing chas hunt pursu sprint rush hurr gallop ride riding drive driving ski\\b skat",
    Act.FLY: "fly flies flew float soar hover swim swam dive",
    Act.FALL: "fall fell\\b plunge trips\\sover tripped stumbl",
    Act.JUMP: "jump leap hop\\b hops bounce climb",
    Act.DANCE: "danc spin sing sang music perform",
    Act.CRY: "cry\\b cries cried crying weep sob mourn grie lowered\\shead",
    Act.SLEEP: "sleep slept asleep nap\\b naps doz dream rest\\b rests snooz",
    Act.EAT: "eat ate\\b drink drank taste feast lunch dinner sip bite",
    Act.GIVE: "give gave offer share rescue save feed help",
    Act.HIDE: "hid sneak crouch creep lurk duck",
    Act.SCARED: "scare afraid fear trembl shak panic shiver cower alarmed",
    Act.FIND: "find found discover pick reach open search seek dig collect grab catch steal bend",
    Act.CHEER: "win\\b wins won\\b victor triumph laugh rejoice applau",
    Act.WAVE: "wave waving greet welcome hello goodbye farewell meet met\\b",
    Act.TALK: "talk say speak spoke tell told ask answer chat convers argue discuss explain whisper promis call joke",
    Act.LISTEN: "listen hear nod",
    Act.THINK: "think wonder ponder remember decide puzzl",
    Act.WORK: "work build write wrote read\\b reads\\b reading paint draw play repair fix make made study teach clean train practi cook moves\\swith",
    Act.KNEEL: "kneel",
    Act.BOW: "bow",
    Act.SIT: "sit\\b sits sat\\b sitting meditat",
    Act.ENTER: "enter arriv appear come came approach",
    Act.WALK: "walk stroll wander march follow leave go\\b goes going went travel explore patrol journey cross",
    Act.LOOK: "look watch see saw gaz observ notice admire stare",
}
_READY = re.compile(r"ready to \w+")


def _deed_in(text: str) -> Act | None:
    """What the words say; None when they only say that somebody stands, waits or smiles."""
    found = meaning_of(text, _TELLING)
    return found or meaning_of(_READY.sub("ready", text), _DEEDS)


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
    Act.PANT: Mood.SCARED,
    Act.SHOW: Mood.HAPPY,
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
    own = _deed_in(member.action)
    if own is None and member.action:
        act = Act.STAND
    elif own is None:
        told = _deed_in(beat.action) or _deed_in(beat.description) or Act.STAND
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
    own = meaning_of(member.emotion, _MOOD_WORDS) or meaning_of(member.action, _MOOD_WORDS)
    if act in (Act.DOWN, Act.SLEEP):
        return Mood.ASLEEP
    return own or _ACT_MOODS.get(act) or (Mood.HAPPY if beat.turn is StoryTurn.OUTCOME else Mood.CALM)
