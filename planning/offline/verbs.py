"""English verb forms: from a form back to its plain form, and from the plain form to the one that agrees."""

from __future__ import annotations

from typing import Final

# plain form: past, past participle (one word: both)
_IRREGULAR: Final[dict[str, str]] = {
    "be": "was been", "fight": "fought", "run": "ran run", "fly": "flew flown", "find": "found", "lose": "lost", "meet": "met",
    "sing": "sang sung", "sleep": "slept", "eat": "ate eaten", "build": "built", "hide": "hid hidden", "steal": "stole stolen",
    "fall": "fell fallen", "go": "went gone", "see": "saw seen", "say": "said", "tell": "told", "speak": "spoke spoken",
    "make": "made", "write": "wrote written", "draw": "drew drawn", "ride": "rode ridden", "drive": "drove driven",
    "swim": "swam swum", "win": "won", "stand": "stood", "sit": "sat", "come": "came come", "leave": "left", "give": "gave given",
    "bring": "brought", "send": "sent", "take": "took taken", "get": "got", "wake": "woke woken", "grow": "grew grown",
    "break": "broke broken", "throw": "threw thrown", "catch": "caught", "hold": "held", "beat": "beat beaten", "strike": "struck",
    "hit": "hit", "shoot": "shot", "slay": "slew slain", "flee": "fled", "leap": "leapt", "seek": "sought", "drink": "drank drunk",
    "feed": "fed", "creep": "crept", "weep": "wept", "dream": "dreamt", "lie": "lay lain", "rise": "rose risen", "sink": "sank sunk",
    "shine": "shone", "think": "thought", "teach": "taught", "buy": "bought", "sell": "sold", "sneak": "snuck", "read": "read",
    "hear": "heard", "feel": "felt", "keep": "kept", "lead": "led", "light": "lit", "bite": "bit bitten", "swing": "swung",
    "spin": "spun", "begin": "began begun", "become": "became become", "choose": "chose chosen", "forget": "forgot forgotten",
    "know": "knew known", "learn": "learnt", "burn": "burnt", "sweep": "swept", "hang": "hung", "have": "had", "do": "did done",
    "awake": "awoke awoken", "dive": "dove dived", "pay": "paid", "lay": "laid", "dig": "dug", "blow": "blew blown", "stick": "stuck",
    "spit": "spat",
}  # fmt: skip
_DOUBLED: Final = frozenset(
    [
        "run",
        "jog",
        "hug",
        "rob",
        "hop",
        "trip",
        "slip",
        "spin",
        "swim",
        "sit",
        "win",
        "stop",
        "plan",
        "drop",
        "grab",
        "beg",
        "chat",
        "get",
        "hit",
        "begin",
        "dig",
        "skip",
        "nap",
        "cut",
        "rub",
        "step",
        "shop",
        "spit",
    ]
)


def third_person(verb: str) -> str:
    """What one does: fight → fights, cry → cries, look for → looks for."""
    word, _, rest = verb.partition(" ")
    return f"{_third(word)} {rest}".rstrip()


def agreeing(verb: str, *, is_plural: bool) -> str:
    if is_plural:
        return "are" + verb[2:] if verb.split(" ")[0] == "be" else verb
    return third_person(verb)


def _third(word: str) -> str:
    special = {"be": "is", "have": "has", "do": "does", "go": "goes"}
    if word in special:
        return special[word]
    if word.endswith(("s", "sh", "ch", "x", "z", "o")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    return word + "s"


def participle(word: str) -> str:
    """What one is doing: run → running, make → making, lie → lying."""
    if word.endswith("ie"):
        return word[:-2] + "ying"
    if word in _DOUBLED:
        return word + word[-1] + "ing"
    if word.endswith("e") and not word.endswith(("ee", "oe", "ye")) and len(word) > 2:
        return word[:-1] + "ing"
    return word + "ing"


def _pasts(word: str) -> tuple[str, ...]:
    regular: tuple[str, ...]
    if word in _DOUBLED:
        regular = (word + word[-1] + "ed",)
    elif word.endswith("e"):
        regular = (word + "d",)
    elif word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        regular = (word[:-1] + "ied",)
    else:
        regular = (word + "ed",)
    if word not in _IRREGULAR:
        return regular
    irregular = tuple(_IRREGULAR[word].split())
    return (*irregular, *regular) if word in ("dream", "leap", "shine", "sneak", "learn", "burn", "light") else irregular


def forms_of(verb: str) -> dict[str, str]:
    """Every form → "plain", "third", "past" or "ing". Of phrases only the first word changes and is looked up."""
    table = dict.fromkeys(_pasts(verb), "past")
    table[participle(verb)] = "ing"
    table[_third(verb)] = "third"
    table.setdefault(verb, "plain")
    return table


def plain_of_unknown(form: str) -> str:
    """The likeliest plain form of a verb that nobody listed, from its -s: purrs → purr, waltzes → waltz, tidies → tidy."""
    if form.endswith("ies") and len(form) > 4:
        return form[:-3] + "y"
    if form.endswith(("shes", "ches", "xes", "zes", "sses", "oes")):
        return form[:-2]
    return form[:-1]


def past_participle(word: str) -> str:
    """What is done to one: find → found, eat → eaten, chase → chased."""
    return _pasts(word)[1] if word in _IRREGULAR and " " in _IRREGULAR[word] else _pasts(word)[0]
