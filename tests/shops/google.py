"""Google's two ways to a film: `predictLongRunning` in a project, and interactions with an API key."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.loopback import Answer, Asked, as_json, serving
from tests.shops.counter import Counter, Fate
from tests.shops.films import a_film

KEY = "AIza-a-key-that-must-not-be-seen"
TOKEN = "ya29.a-token-that-must-not-be-seen"
SAFETY = "The prompt could not be submitted: it shows what must not be shown."

_MODEL = re.compile(r"/v1beta1/projects/studio/locations/us-central1/publishers/google/models/([^:]+):(\w+)")
_SIDES = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080)}


@contextmanager
def a_vertex(folder: Path) -> Iterator[tuple[str, Counter, Path]]:
    """Its address, its counter, and a file with a service account's credentials, which it gives tokens for."""
    counter = Counter()

    def answer(asked: Asked) -> Answer:
        counter.asked.append(asked)
        if asked.path == "/token":
            return as_json({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        match = _MODEL.fullmatch(asked.path)
        if match is None:
            return _error(404, "NOT_FOUND", f"no route {asked.path}")
        model, verb = match.groups()
        if verb == "predictLongRunning":
            name = f"projects/studio/locations/us-central1/publishers/google/models/{model}/operations/"
            if any("lastFrame" in one and "image" not in one for one in asked.json["instances"]):
                return _error(400, "INVALID_ARGUMENT", "lastFrame is only supported together with image.")
            return counter.sell(asked.json, lambda number: as_json({"name": name + number}))
        return counter.trouble() or _fetched(counter, asked.json["operationName"])

    with serving(answer) as url:
        yield url, counter, _service_account(folder / "credentials.json", url)


@contextmanager
def an_omni() -> Iterator[tuple[str, Counter]]:
    """Its address and its counter."""
    counter = Counter()

    def answer(asked: Asked) -> Answer:
        counter.asked.append(asked)
        if asked.headers.get("x-goog-api-key") != KEY:
            return _error(400, "INVALID_ARGUMENT", f"API key not valid: {asked.headers.get('x-goog-api-key')}")
        match asked.method, asked.path.split("?")[0].strip("/").split("/"):
            case "POST", [_, "interactions"]:
                return counter.sell(asked.json, lambda number: as_json(an_interaction(number, "in_progress")))
            case "POST", [_, "interactions", number, "cancel"]:
                counter.cancelled.append(number)
                return as_json(an_interaction(number, "cancelled"))
            case "GET", [_, "interactions", number]:
                return counter.trouble() or _interacted(counter, number)
            case "GET", [_, "files", name]:
                return counter.trouble() or _file(counter, name)
        return _error(404, "NOT_FOUND", f"no route {asked.path}")

    with serving(answer) as url:
        yield url, counter


def _fetched(counter: Counter, name: str) -> Answer:
    wishes = counter.order(name.rpartition("/")[2])
    if wishes is None:
        return _error(404, "NOT_FOUND", f"Operation {name} not found.")
    match counter.fate:
        case Fate.NEVER_DONE:
            return as_json({"name": name})
        case Fate.BLOCKED:
            filtered = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [SAFETY]}
            return as_json({"name": name, "done": True, "response": filtered})
        case Fate.FAILED:
            return as_json({"name": name, "done": True, "error": {"code": 13, "message": "Internal error."}})
    [instance], parameters = wishes["instances"], wishes["parameters"]
    image, last = (instance.get(name, {}).get("bytesBase64Encoded") for name in ("image", "lastFrame"))
    size = parameters["resolution"], parameters["aspectRatio"]
    film = _film(instance["prompt"], parameters["durationSeconds"], *size, image, last)
    video = {"bytesBase64Encoded": base64.b64encode(counter.delivered(film)).decode(), "mimeType": "video/mp4"}
    return as_json({"name": name, "done": True, "response": {"videos": [video]}})


def _interacted(counter: Counter, number: str) -> Answer:
    wishes = counter.order(number)
    if wishes is None:
        return _error(400, "INVALID_ARGUMENT", f"Invalid interaction name: {number}")
    match counter.fate:
        case Fate.NEVER_DONE:
            return as_json(an_interaction(number, "in_progress"))
        case Fate.BLOCKED:
            return as_json(an_interaction(number, "completed", [{"type": "text", "text": SAFETY}]))
        case Fate.FAILED:
            return as_json(an_interaction(number, "failed"))
    assert wishes["response_format"]["delivery"] == "uri"
    uri = f"https://generativelanguage.googleapis.com/v1beta/files/clip{number}:download?alt=media"
    return as_json(an_interaction(number, "completed", [{"type": "video", "uri": uri, "mime_type": "video/mp4"}]))


def _file(counter: Counter, name: str) -> Answer:
    """What is known of it, or with `:download` its bytes."""
    number = name.removeprefix("clip").removesuffix(":download")
    wishes = counter.order(number)
    if wishes is None:
        return _error(404, "NOT_FOUND", f"File {name} not found.")
    if name.endswith(":download"):
        return Answer(body=counter.delivered(_omni_film(wishes)), media_type="video/mp4")
    return as_json({"name": f"files/{name}", "state": "ACTIVE", "mimeType": "video/mp4"})


def _omni_film(wishes: dict[str, Any]) -> bytes:
    asked, [said] = wishes["response_format"], wishes["input"]
    words, images = ([one for one in said["content"] if one["type"] == kind] for kind in ("text", "image"))
    task = wishes["generation_config"]["video_config"]["task"]
    assert task == ("image_to_video" if images else "text_to_video")
    image = images[0]["data"] if images else None
    return _film(words[0]["text"], int(asked["duration"].rstrip("s")), asked["resolution"], asked["aspect_ratio"], image)


def an_interaction(number: str, status: str, content: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    steps = [{"type": "model_output", "content": content}] if content is not None else []
    return {"id": number, "object": "interaction", "status": status, "steps": steps, "created": "2026-11-26T00:00:00Z"}


def _film(prompt: str, seconds: int, resolution: str, aspect: str, image: str | None, last: str | None = None) -> bytes:
    width, height = _SIDES[resolution] if aspect == "16:9" else _SIDES[resolution][::-1]
    first_frame, last_frame = (base64.b64decode(one) if one is not None else None for one in (image, last))
    return a_film(prompt, seconds, width, height, first_frame, last_frame)


def _error(code: int, status: str, message: str) -> Answer:
    return as_json({"error": {"code": code, "message": message, "status": status}}, code)


def _service_account(path: Path, url: str) -> Path:
    account = {"type": "service_account", "client_email": "studio@example.com", "token_uri": f"{url}/token"}
    path.write_text(json.dumps(account | {"private_key": _private_key()}))
    return path


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
