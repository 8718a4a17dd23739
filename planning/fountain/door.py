"""FountainScreenplays: what the API asks of Fountain texts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from episodes.plan import Beat, TimeOfDay
from planning.fountain.manners import LISTENS, Manner, manner_in, remark
from planning.fountain.passages import passages_of
from planning.fountain.reading import read_screenplay
from planning.fountain.screenplay import Action, Scene, Screenplay, Speech
from planning.fountain.writing import write_screenplay
from planning.offline.words import word_set

NARRATOR = "NARRATOR"
# no plan says whether a place is under a roof
_INDOORS = word_set(
    "house room home kitchen bedroom apartment hotel inn cabin bathroom attic basement hut school classroom library office laboratory lab "
    "hospital museum hallway corridor factory workshop garage shop store cafe restaurant bar bakery mall arcade diner theatre theater gym "
    "cave cavern dungeon tunnel train bus subway spaceship plane submarine church cathedral"
)


class FountainScreenplays:
    """Implements Screenplays."""

    def about(self, text: str) -> str:
        screenplay = read_screenplay(text)
        passages = passages_of(screenplay)
        first = next((one.text for one in passages if one.text), screenplay.scenes[0].place)
        return screenplay.title or first[:300]

    def write(self, title: str, beats: Sequence[Beat]) -> str:
        groups = groupby(beats, key=lambda beat: (beat.scene_id, beat.place.name, beat.time_of_day))
        scenes = tuple(_scene(place, hour, list(group)) for (_, place, hour), group in groups)
        return write_screenplay(Screenplay(scenes=scenes, title=title))


def _scene(place: str, hour: TimeOfDay, beats: Sequence[Beat]) -> Scene:
    parts: list[Action | Speech] = []
    for beat in beats:
        parts += _parts(beat, is_after_action=bool(parts) and isinstance(parts[-1], Action))
    transition = "FADE IN:" if beats[0].transition == "fade" else ""
    setting = "INT." if _INDOORS.intersection(place.casefold().split()) else "EXT."
    return Scene(setting=setting, place=place.upper(), time=hour.value.upper(), parts=tuple(parts), transition=transition)


def _parts(beat: Beat, *, is_after_action: bool) -> list[Action | Speech]:
    names = {member.character.character_id: member.character.name for member in beat.cast}
    parts: list[Action | Speech] = [Action(text=" ".join(beat.description.split()))] if beat.description.strip() else []
    if beat.dialogue is not None:
        speaker = names.get(beat.dialogue.character_id, beat.dialogue.character_id)
        manner = manner_in(beat.description, speaker)
        if manner is not None and not is_after_action:  # it would be taken for what is said during that action
            parts.clear()
        listening = [member.character.name for member in beat.cast if member.action == LISTENS]
        bracketed = remark(manner or Manner(to=" and ".join(listening)))
        parts.append(Speech(character=speaker, text=" ".join(beat.dialogue.text.split()), manner=bracketed))
    elif beat.caption.strip():
        parts.append(Speech(character=NARRATOR, text=" ".join(beat.caption.split()), extension="V.O."))
    return parts
