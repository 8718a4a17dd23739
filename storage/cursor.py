"""Where a page of episodes ended, as an opaque word in a URL."""

from __future__ import annotations

import base64
import binascii
import uuid

from episodes.errors import BadInput


def cursor_after(episode_id: str) -> str:
    """The cursor of the page that follows this episode."""
    return base64.urlsafe_b64encode(uuid.UUID(episode_id).bytes).rstrip(b"=").decode()


def episode_before(cursor: str) -> str:
    """The last episode of the page that gave this cursor. Raises BadInput."""
    try:
        episode_id = str(uuid.UUID(bytes=base64.b64decode(cursor + "==", altchars="-_", validate=True)))
    except (binascii.Error, ValueError) as wrong:
        raise _malformed() from wrong
    if cursor_after(episode_id) != cursor:  # base64 has spare bits: one cursor, one spelling
        raise _malformed()
    return episode_id


def _malformed() -> BadInput:
    return BadInput("This is no cursor.", "Take `next_cursor` of the page before, unchanged.", "cursor")
