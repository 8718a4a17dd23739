"""The fake RunPod behind a real socket on 127.0.0.1: for the wire, and for whoever runs in another process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, unquote, urlsplit

from cluster.errors import Unanswered
from tests.loopback import LOST, Answer, Asked, serving
from tests.runpod.desk import Desk


@contextmanager
def loopback(desk: Desk) -> Iterator[str]:
    """The API's address, for `api_address`."""

    def answer(asked: Asked) -> Answer:
        address = urlsplit(asked.path)
        body = asked.json if asked.body else None
        try:
            said = desk.answer(asked.method, unquote(address.path), dict(parse_qsl(address.query)), asked.headers, body)
        except Unanswered:
            return LOST
        media_type = "application/json" if said.status < 400 else "application/problem+json"
        return Answer(status=said.status, body=said.body, media_type=media_type, headers=dict(said.headers))

    with serving(answer) as address:
        yield f"{address}/v2"
