"""How much a client may send, and how slowly: counted as the bytes arrive, whatever the headers claim."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.parts import ApiLimits
from api.problems import ProblemError

THROWN_AWAY_BYTES = 200_000_000  # of a body that is too large anyway; they cost time, but no memory


class BodyLimits:
    """ASGI middleware. Too much raises 413 and too slow 408 in whoever reads the body."""

    def __init__(self, app: ASGIApp, limits: ApiLimits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH", "DELETE"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_upload = headers.get("content-type", "").lower().startswith("multipart/")
        max_bytes = self.limits.max_upload_bytes if is_upload else self.limits.max_body_bytes
        timeout_s = self.limits.upload_timeout_s if is_upload else self.limits.body_timeout_s
        announced = headers.get("content-length", "")
        limited = LimitedReceive(receive, max_bytes, timeout_s)
        if announced.isascii() and announced.isdigit() and int(announced) > max_bytes:
            if "expect" not in headers:  # who waits for a `100 Continue` has sent nothing yet
                await limited.throw_away()
            await _too_large(max_bytes).response(scope)(scope, receive, send)
            return
        await self.app(scope, limited, send)


class LimitedReceive:
    """A request's `receive` that counts the body's bytes and looks at the clock until the body is whole."""

    def __init__(self, receive: Receive, max_bytes: int, timeout_s: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._deadline_s = asyncio.get_running_loop().time() + timeout_s
        self._num_bytes = 0
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:  # what still comes is the client's going away
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline_s):
                message = await self._receive()
        except TimeoutError as error:
            raise ProblemError(
                408,
                "too-slow",
                f"The body did not arrive within {self._timeout_s:g} s.",
                hint="Send it again over a faster connection, or send less.",
                headers={"Connection": "close"},
            ) from error
        if message["type"] == "http.request":
            self._num_bytes += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            if self._num_bytes > self._max_bytes:
                await self.throw_away()
                raise _too_large(self._max_bytes)
        return message

    async def throw_away(self) -> None:
        """Read what else comes, within reason: a client that is cut off while it sends never reads why."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._deadline_s):
                while not self._is_whole and self._num_bytes < self._max_bytes + THROWN_AWAY_BYTES:
                    message = await self._receive()
                    self._num_bytes += len(message.get("body", b""))
                    self._is_whole = not message.get("more_body", False)


def _too_large(max_bytes: int) -> ProblemError:
    return ProblemError(
        413,
        "too-large",
        f"The body is larger than {max_bytes} bytes, the most that this operation reads.",
        hint="Send less, or in several requests.",
        headers={"Connection": "close"},
    )
