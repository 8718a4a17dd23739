"""Answers: what an HTTP status or a lost connection means for whoever wants to buy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from episodes.errors import FailureClass, RenderFailed

_PASSING = (408, 425, 429, 500, 502, 503, 504)
_NOT_SOLD = (425, 429, 503)
"""Of these, what a server answers before it has begun with anything."""
_NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout")
"""httpx's, and those of its descendants: by name, because each library has classes of its own."""

_MOST_SAID = 200
"""Characters of an answer that nobody can read which are worth telling."""


def failure_of(status: int, said: str, *, server: str, key_name: str) -> RenderFailed:
    """`said`: the server's own words."""
    said = said.strip().rstrip(".") or "it did not say why"
    if status in (401, 403):
        hint = f"Correct {key_name} where the renderers run, then retry the beat."
        return RenderFailed(f"{server} refuses the key ({status}): {said}.", FailureClass.CONTENT, hint)
    if status in _PASSING or status >= 500:
        return RenderFailed(f"{server} cannot do it now ({status}): {said}.", FailureClass.INFRA)
    if status == 404:
        hint = "Look at the model's name in STORYWORLD_FLEET: models are withdrawn now and then."
        return RenderFailed(f"{server} does not have it (404): {said}.", FailureClass.CONTENT, hint)
    return RenderFailed(f"{server} refuses the request ({status}): {said}.", FailureClass.CONTENT)


def was_sold(status: int) -> bool:
    """Perhaps: the server began with the order before it failed."""
    return (status >= 500 or status == 408) and status not in _NOT_SOLD


def was_never_sent(error: BaseException) -> bool:
    """No connection came about. Looks at what an error was raised from as well."""
    return any(type(one).__name__ in _NEVER_SENT for one in _causes(error))


def lost(error: BaseException, *, server: str) -> RenderFailed:
    """No answer came."""
    said = f"{type(error).__name__}: {error}".rstrip(":. ")
    return RenderFailed(f"{server} does not answer: {said}.", FailureClass.INFRA)


def unreadable(why: str, *, server: str) -> RenderFailed:
    """An answer came, and none of the server's: perhaps a proxy's page."""
    why = " ".join(why.split())[:_MOST_SAID].rstrip(".")
    return RenderFailed(f"{server} answers with something that nobody can read: {why}.", FailureClass.INFRA)


def forgotten(operation: str, *, server: str, is_free: bool) -> RenderFailed:
    """The server knows nothing of an order that it took."""
    said = f"{server} does not know the order {operation} any more."
    if is_free:
        return RenderFailed(said, FailureClass.INFRA, "It costs nothing, and is ordered again.")
    hint = "Look at the server's own list of what it made. Retrying this beat buys it again."
    return RenderFailed(said, FailureClass.CONTENT, hint)


def no_video(clip: bytes, reason: str, *, server: str, is_free: bool) -> RenderFailed:
    """The server delivered this for one, however often it was asked. `reason`: why it is none."""
    said = f"{server} delivered {_kind_of(clip)} instead of a video: {reason.rstrip('.')}."
    if is_free:
        return RenderFailed(said, FailureClass.OUTPUT, "It costs nothing, and is ordered again.")
    return RenderFailed(said, FailureClass.CONTENT, "Look at what the server says of it. Retrying this beat buys it again.")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """From seconds or a date; None: the server did not say, or not so that anybody could read it."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _kind_of(data: bytes) -> str:
    """In words, and none of its own: a server may repeat a key in them."""
    match data.lstrip()[:1]:
        case b"":
            return "nothing"
        case b"<":
            return "a web page"
        case b"{" | b"[":
            return "JSON"
        case _:
            return f"{len(data):,} bytes"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
