"""Sounds: what is heard of the weather, the place and the deed, where they can be known."""

from __future__ import annotations

from typing import Final

from planning.offline.outline import Stage
from planning.offline.places import KIND_OF, kind_of_name
from planning.offline.story import Moment

_OF_WEATHER: Final = {
    "rain": "steady rain",
    "snow": "the hush of falling snow",
    "storm": "rolling thunder",
    "fog": "a distant foghorn",
    "wind": "gusts of wind",
}
_OF_PLACE: Final = {
    "rooftop": "the far hum of a city",
    "street": "footsteps and traffic",
    "city": "the hum of a city",
    "forest": "birdsong and leaves",
    "field": "crickets and grass",
    "harbour": "waves against stone, gulls",
    "lighthouse": "waves against rocks, gulls",
    "beach": "long waves",
    "sea": "waves",
    "mountain": "thin wind",
    "cave": "dripping water",
    "stadium": "a murmuring crowd",
    "station": "announcements and wheels on rails",
    "airport": "a steady hum",
    "ship": "waves and creaking wood",
    "shop": "voices and clinking dishes",
    "bridge": "wind in the cables",
}
_OF_KIND: Final = {id(KIND_OF[noun]): sound for noun, sound in _OF_PLACE.items()}
_OF_DEED: Final = {
    "fight": "heavy blows",
    "chase": "running feet",
    "flee": "running feet",
    "race": "running feet",
    "dance": "lively music",
    "celebrate": "cheering",
    "cry": "quiet sobbing",
    "sleep": "slow breathing",
    "build": "hammering",
    "cook": "sizzling pans",
}


def sound_of(moment: Moment, weather: str) -> str:
    """What is loudest first."""
    deed = _OF_DEED.get(moment.family.name, "") if moment.stage in (Stage.ACTION, Stage.RISE) and moment.actors else ""
    kind = kind_of_name(moment.scene.place.name)
    place = _OF_KIND.get(id(kind), "") if kind is not None else ""
    return ", ".join(part for part in (deed, _OF_WEATHER.get(weather, ""), place) if part)
