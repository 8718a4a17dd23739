"""Forms that break off are refused as such: Starlette's parser takes them for forms without their last file, and forgets to close it."""

from __future__ import annotations

import re

from starlette.types import Message, Receive

from api.problems import ProblemError

EPILOGUE_BYTES = 1024  # what may follow a form's end; nobody sends any

_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)


def boundary_of(content_type: str) -> bytes:
    """Empty when the header names none."""
    found = _BOUNDARY.search(content_type)
    return found[1].strip().encode("latin-1") if found else b""


class WholeForm:
    """A request's `receive` that looks for the form's end in its last bytes. Raises 422."""

    def __init__(self, receive: Receive, boundary: bytes) -> None:
        self._receive = receive
        self._end = b"\r\n--" + boundary + b"--"
        self._last_bytes = b"\r\n"  # an empty form may begin with its end

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            seen = self._last_bytes + message.get("body", b"")
            if not message.get("more_body", False) and self._end not in seen:
                raise ProblemError(
                    422, "bad-input", "The form breaks off before its end.", hint="Send a whole `multipart/form-data` body."
                )
            self._last_bytes = seen[-(len(self._end) + EPILOGUE_BYTES) :]
        return message
