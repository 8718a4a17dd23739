"""`Idempotency-Key`: a POST that is repeated gets its first answer, and nothing is done twice.

Kept for ever in the episode store, per method and path, and 2xx answers only: any other changed nothing, and the same call may
work later. The key with another body or query is refused. Equal requests at once run one after the other in one process. In two
processes both may run, and both clients get the answer that was stored first. What is made, and each move of what is there, gets an id
that is stored with the key before: neither two processes, nor one that dies between the work and the storing of its answer, make it
twice, and a duplicate that comes late undoes nothing that happened since.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO

import anyio.to_thread
import uuid_utils
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import ProblemError
from api.whole_forms import boundary_of
from episodes.episode_store import EpisodeStore, StoredAnswer
from episodes.errors import KeyReused

SPOOL_BYTES = 1_000_000  # a larger body waits on disk
CHUNK_BYTES = 65_536

_SCOPE_KEY = "storyworld.keyed_call"
_RESERVED = 102  # "Processing": the status under which an id is kept until there is an answer

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def lasting_id(scope: Scope, episodes: EpisodeStore) -> str | None:
    """The id of what a POST with a key makes, or of its move: the same whenever it is repeated, and wherever. None without a key.

    To be asked for when the request was found good: from then on the key is bound to its body. Raises KeyReused.
    """
    call: _Call | None = scope.get(_SCOPE_KEY)
    if call is None:
        return None
    mine = StoredAnswer(body_sha256=call.fingerprint, status=_RESERVED, body=str(uuid_utils.uuid7()).encode())
    kept = episodes.remember_answer(f"{call.name}:id", mine)
    _check_same(kept, call)
    return kept.body.decode()


class Idempotency:
    """ASGI middleware for POSTs that carry a key; any other request passes untouched."""

    def __init__(self, app: ASGIApp, episodes: EpisodeStore) -> None:
        self.app = app
        self._episodes = episodes
        self._turns: dict[str, _Turn] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" and scope["method"] == "POST" else Headers()
        key = headers.get("idempotency-key")
        if key is None:
            await self.app(scope, receive, send)
            return
        _check_key(key)
        spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  # outlives this call, see below
        try:
            fingerprint = await _spool_body(scope, headers, receive, spool)
        except BaseException:
            spool.close()
            raise
        call = _Call(scope=scope, spool=spool, fingerprint=fingerprint, name=_stored_name(scope, key))
        # shielded: a client that goes away in the middle must find the answer when it repeats the call
        answer = await asyncio.shield(asyncio.ensure_future(self._answer(call)))
        await answer(scope, receive, send)

    async def _answer(self, call: _Call) -> Response:
        with call.spool:
            async with self._turn(call.name):
                stored = await anyio.to_thread.run_sync(self._episodes.answer, call.name)
                if stored is not None:
                    return _replayed(stored, call)
                return await self._first_answer(call)

    async def _first_answer(self, call: _Call) -> Response:
        caught = _Caught()
        await self.app({**call.scope, _SCOPE_KEY: call}, _Replay(call.spool), caught)
        if not 200 <= caught.status < 300:
            return caught.response()
        mine = StoredAnswer(body_sha256=call.fingerprint, status=caught.status, body=bytes(caught.body))
        kept = await anyio.to_thread.run_sync(self._episodes.remember_answer, call.name, mine)
        return caught.response() if kept == mine else _replayed(kept, call)

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[None]:
        turn = self._turns.setdefault(name, _Turn())
        turn.num_waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.num_waiting -= 1
            if turn.num_waiting == 0:
                del self._turns[name]


@dataclass(slots=True, eq=False)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    num_waiting: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    scope: Scope
    spool: IO[bytes]
    """The whole body, at its beginning."""
    fingerprint: str
    name: str
    """What the answer is stored under."""


class _Replay:
    """A `receive` that reads a body again."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:  # the client's going away is the outer call's business
            await asyncio.get_running_loop().create_future()
        chunk = self._spool.read(CHUNK_BYTES)
        self._is_whole = len(chunk) < CHUNK_BYTES
        return {"type": "http.request", "body": chunk, "more_body": not self._is_whole}


class _Caught:
    """A `send` that keeps the answer."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def response(self) -> Response:
        response = Response(bytes(self.body), self.status)
        response.raw_headers = self.headers
        return response


def _replayed(stored: StoredAnswer, call: _Call) -> Response:
    _check_same(stored, call)
    return Response(stored.body, stored.status, {"Idempotent-Replayed": "true"}, "application/json")


def _check_same(stored: StoredAnswer, call: _Call) -> None:
    if stored.body_sha256 != call.fingerprint:
        raise KeyReused(
            "This Idempotency-Key came with another body the first time.",
            "Use a fresh key for each new request, and the same one only to repeat a request as it was.",
        )


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise ProblemError(
            422,
            "bad-input",
            "An Idempotency-Key has 1 to 255 visible ASCII characters.",
            hint="A UUID is a good key.",
            where="header.idempotency-key",
        )


def _stored_name(scope: Scope, key: str) -> str:
    """Of one length, however long path and key are."""
    return hashlib.sha256(f"{scope['method']} {scope['path']} {key}".encode(errors="replace")).hexdigest()


async def _spool_body(scope: Scope, headers: Headers, receive: Receive, spool: IO[bytes]) -> str:
    """Write the body down and return its fingerprint: the same for the same form, whatever its boundary is called."""
    digest = _Fingerprint(boundary_of(headers.get("content-type", "")))
    digest.update(scope.get("query_string", b"") + b"\n")
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ProblemError(400, "bad-input", "The client went away before its body was whole.")
        spool.write(message.get("body", b""))
        digest.update(message.get("body", b""))
        if not message.get("more_body", False):
            spool.seek(0)
            return digest.hexdigest()


class _Fingerprint:
    """SHA-256 of what flows by, with every occurrence of `boundary` left out."""

    def __init__(self, boundary: bytes) -> None:
        self._sha256 = hashlib.sha256()
        self._boundary = boundary
        self._rest = b""

    def update(self, chunk: bytes) -> None:
        if not self._boundary:
            self._sha256.update(chunk)
            return
        *before, rest = (self._rest + chunk).split(self._boundary)
        for part in before:
            self._sha256.update(part)
        keep = min(len(rest), len(self._boundary) - 1)  # a boundary may begin here and end in the next chunk
        self._sha256.update(rest[: len(rest) - keep])
        self._rest = rest[len(rest) - keep :]

    def hexdigest(self) -> str:
        self._sha256.update(self._rest)
        return self._sha256.hexdigest()
