"""One example of every body about worlds, kept true by the same test as the others."""

from __future__ import annotations

from api.examples import EPISODE_ID, Json

_SHA256 = "0123456789abcdef" * 4
_WHEN = "2026-11-22T09:30:00Z"


def _source(kind: str, since_revision: int, *, picture: str | None = None, model: str = "") -> Json:
    return {"kind": kind, "picture": picture, "model": model, "episode_id": None, "since_revision": since_revision}


_PICTURE: Json = {
    "key": f"worlds/anime_world/images/{_SHA256}.png",
    "sha256": _SHA256,
    "size_bytes": 48_213,
    "width": 640,
    "height": 960,
    "kind": "sheet",
    "palette": ["#f4d03f", "#c0392b", "#fdfefe"],
    "light": "day",
    "faces": [{"x": 0.4, "y": 0.1, "width": 0.2, "height": 0.15}],
}
NEW_WORLD: Json = {
    "title": "Anime world",
    "characters": [
        {
            "character_id": "saitama",
            "name": "Saitama",
            "description": "bald young man with a plain face",
            "palette": ["#f5d7b0", "#f4d03f", "#c0392b"],
            "wardrobe": [
                {"outfit_id": "suit", "description": "yellow suit, white cape, red gloves"},
                {"outfit_id": "home", "description": "grey hooded jumper, jeans"},
            ],
            "references": [],
        }
    ],
    "places": [
        {
            "place_id": "rooftop",
            "name": "Rooftop",
            "description": "flat roof above a dense city",
            "palette": ["#87a8c8", "#666666"],
            "light": "dusk",
            "references": [],
        }
    ],
    "props": [{"prop_id": "bag", "name": "Shopping bag", "description": "a plastic bag with leeks", "references": []}],
    "style": {"description": "anime, clean line art, cel shading", "negative": "photo, 3d render"},
    "relations": [{"from_id": "saitama", "to_id": "rooftop", "what": "lives below"}],
    "state": {
        "characters": [
            {"character_id": "saitama", "clothes": "home", "injuries": [], "is_alive": True, "place_id": "rooftop"},
        ],
        "props": [{"prop_id": "bag", "held_by": "saitama", "place_id": None}],
        "daylight": "dusk",
        "weather": "",
    },
}
WORLD: Json = {
    "world_id": "anime_world",
    "revision": 3,
    "source": "stored",
    "what": "Changed characters.saitama.description.",
    "updated_at": _WHEN,
    "world": NEW_WORLD,
    "sources": {
        "characters.saitama.name": _source("file name", 1, picture=_SHA256),
        "characters.saitama.palette": _source("measured", 1, picture=_SHA256),
        "characters.saitama.wardrobe": _source("model", 2, picture=_SHA256, model="openai:a-vision-model"),
        "characters.saitama.description": _source("person", 3),
    },
    "locked": ["characters.saitama.description"],
    "unread": {},
}
REVISIONS: Json = {
    "world_id": "anime_world",
    "revisions": [
        {"revision": 3, "source": "stored", "what": "Changed characters.saitama.description.", "updated_at": _WHEN},
        {"revision": 2, "source": "extracted", "what": "Took in the picture saitama.png.", "updated_at": _WHEN},
    ],
    "next_before": 2,
}
ROLLBACK: Json = {"revision": 2}
MOVING_ON: Json = {"episode_id": EPISODE_ID}
LOCKS: Json = {"fields": ["characters.saitama.description", "places.rooftop"]}
WORLD_CHANGE: Json = {
    "style": {"description": "ink and watercolour"},
    "state": {"daylight": "night", "weather": "heavy rain"},
}
CHARACTER_CHANGE: Json = {
    "description": "bald young man with a plain, bored face",
    "state": {"clothes": "suit", "injuries": ["scratched left cheek"], "place_id": "rooftop"},
}
PLACE_CHANGE: Json = {"description": "flat roof with a water tank, above a dense city", "light": "night"}
PROP_CHANGE: Json = {"name": "Torn shopping bag", "state": {"held_by": None, "place_id": "rooftop"}}
WORLDS: Json = {
    "worlds": [
        {
            "world_id": "anime_world",
            "revision": 3,
            "source": "stored",
            "updated_at": _WHEN,
            "title": "Anime world",
            "num_characters": 1,
            "num_places": 1,
            "num_pictures": 0,
        }
    ]
}
UPLOAD: Json = {
    "world_id": "anime_world",
    "revision": 4,
    "pictures": [
        {"file_name": "saitama.png", "url": f"/worlds/anime_world/images/{_SHA256}.png", "picture": _PICTURE, "unread": ""}
    ],
}
