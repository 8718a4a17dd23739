"""Captions and dialogue: a few words under the picture, never the same ones twice."""

from __future__ import annotations

from collections.abc import Sequence

from episodes.speech import spoken_s
from planning.offline.dice import Dice
from planning.offline.outline import Stage
from planning.offline.story import Moment
from planning.prompts import clipped

_STAGE = {Stage.SETUP: 0, Stage.ACTION: 1, Stage.RISE: 1, Stage.OUTCOME: 2}


def line_for(moment: Moment, said: Sequence[str], duration_s: float, dice: Dice) -> str:
    """What the first actor says: in the deed and after it, once each; nothing from cats, crowds' shadows and empty places.

    Its own words fit into the beat; a quotation is said whatever it takes.
    """
    if not moment.actors or not moment.actors[0].speaks:
        return ""
    short = ([text for text in choices if spoken_s(text) <= duration_s] for choices in moment.family.said)
    during, after = (_chosen(choices, said, dice) for choices in short)
    if moment.scene.clause.quote and moment.stage is Stage.ACTION and moment.num_before == 0:
        return clipped(moment.scene.clause.quote, 300)
    return {Stage.ACTION: during, Stage.OUTCOME: after}.get(moment.stage, "")


def caption_for(moment: Moment, captions: Sequence[str], dice: Dice) -> str:
    """The family's word for this stage if it is still fresh, else the moment's own first sentence."""
    word = _chosen(moment.family.captions[_STAGE[moment.stage]], captions, dice)
    if moment.scene.clause.group is None:
        scene = moment.scene
        word = moment.text if moment.stage is Stage.ACTION else f"{scene.place.name}, {scene.time_of_day.value}."
    fresh = word and word not in captions
    return clipped(word if fresh else moment.text, 200)


def _chosen(choices: Sequence[str], used: Sequence[str], dice: Dice) -> str:
    fresh = [choice for choice in choices if choice not in used]
    return dice.pick(fresh, "words", *choices) if fresh else ""
