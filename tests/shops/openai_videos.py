"""A server that speaks `/v1/videos`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from tests.loopback import Answer, Asked, as_json, serving
from tests.shops.counter import Counter, Fate
from tests.shops.films import a_film

KEY = "sk-a-key-that-must-not-be-seen"


@contextmanager
def a_videos_server(*, key: str | None = None) -> Iterator[tuple[str, Counter]]:
    """Its base_url and its counter."""
    counter = Counter()

    def answer(asked: Asked) -> Answer:
        counter.asked.append(asked)
        if key is not None and asked.headers.get("authorization") != f"Bearer {key}":
            said = f"Incorrect API key provided: {asked.headers.get('authorization', 'none')}"
            return as_json({"error": {"message": said, "code": "invalid_api_key"}}, 401)
        match asked.method, asked.path.removeprefix("/v1/").split("/"):
            case "POST", ["videos"]:
                return counter.sell(_form(asked), lambda name: as_json(_video(name, "queued")))
            case "GET", ["videos", name, *content]:
                return counter.trouble() or _look(counter, name, is_content=bool(content))
            case "DELETE", ["videos", name]:
                counter.cancelled.append(name)
                return as_json({"id": name, "object": "video.deleted", "deleted": True})
        return as_json({"error": {"message": f"no route {asked.path}"}}, 404)

    with serving(answer) as url:
        yield f"{url}/v1", counter


def _look(counter: Counter, name: str, *, is_content: bool) -> Answer:
    wishes = counter.order(name)
    if wishes is None:
        return as_json({"error": {"message": "video not found"}}, 404)
    match counter.fate:
        case Fate.NEVER_DONE:
            return as_json(_video(name, "in_progress"))
        case Fate.BLOCKED:
            error = {"code": "moderation_blocked", "message": "The prompt shows what must not be shown."}
            return as_json(_video(name, "failed", error=error))
        case Fate.FAILED:
            return as_json(_video(name, "failed", error={"code": 500, "message": "out of memory"}))
    if not is_content:
        return as_json(_video(name, "completed"))
    width, height = (int(side) for side in wishes["size"].split("x"))
    film = a_film(wishes["prompt"], int(wishes["seconds"]), width, height, wishes.get("input_reference"))
    return Answer(body=counter.delivered(film), media_type="video/mp4")


def _video(name: str, status: str, **fields: object) -> dict[str, object]:
    return {"id": name, "object": "video", "status": status, "progress": 0, "error": None, **fields}


def _form(asked: Asked) -> dict[str, Any]:
    """Texts, and files as bytes."""
    assert asked.headers["content-type"].startswith("multipart/form-data"), "some servers take nothing else"
    head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + asked.body, policy=HTTP).iter_parts()
    found: dict[str, Any] = {}
    for part in parts:
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        found[str(part.get_param("name", header="content-disposition"))] = data if part.get_filename() else data.decode()
    return found
