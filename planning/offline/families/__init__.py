"""What the planner knows about verbs, in families; a verb that no family has falls to PLAIN.

ACTIONS is the whole set of words that `Beat.action` can be, for whoever poses figures by it.
"""

from __future__ import annotations

from typing import Final

from planning.offline.families.bold import BOLD
from planning.offline.families.busy import BUSY, FORBEAR, PLAIN
from planning.offline.families.family import Family
from planning.offline.families.gentle import GENTLE
from planning.offline.words import word_set

__all__ = ["ACTIONS", "FAMILIES", "FAMILY_NAMED", "FAMILY_OF", "FORBEAR", "PLAIN", "Family", "action_shown"]

FAMILIES: Final = (*BOLD, *GENTLE, *BUSY)
FAMILY_NAMED: Final[dict[str, Family]] = {family.name: family for family in (*FAMILIES, PLAIN, FORBEAR)}
FAMILY_OF: Final[dict[str, Family]] = {verb: family for family in FAMILIES for verb in family.verbs}
ACTIONS: Final = frozenset(family.action for family in FAMILIES) | word_set("stand sit walk look talk hide sleep cheer")

_SHOWS: Final = {
    **dict.fromkeys(word_set("stand stands bows bow nods nod smiles smile raises reaches holds kneels leans steps moves bends"), "stand"),
    "fights": "fight", "runs": "run", "jumps": "jump", "flies": "fly", "falls": "fall", "talks": "talk", "looks": "look", "sleeps": "sleep",
    "dances": "dance", "cries": "cry", "hides": "hide", "sneaks": "hide", "crouches": "hide", "eats": "eat", "sits": "sit", "walks": "walk",
    "cheers": "cheer", "lies": "sleep", "waves": "talk", "works": "build", "cooks": "build", "searches": "look",
}  # fmt: skip


def action_shown(family: Family, stage: int) -> str:
    """The action word of a beat before (0), during (1) or after (2) the deed; always one of ACTIONS."""
    return family.action if stage == 1 else _SHOWS[family.gestures[stage].replace(",", "").split()[0]]
