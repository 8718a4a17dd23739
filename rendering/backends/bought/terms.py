"""Terms: the options that all backends have which buy their clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from episodes.errors import BadInput
from rendering.backends.ending import EndingSource
from rendering.backends.opening import OpeningSource

OPTIONS = {
    "price_per_s": "US dollars for a second of video, for the records; 0 says that an order in doubt may be repeated",
    "opening": "what a clip begins with, first come: previous (the default), picture, animatic, separated by commas; or none",
    "longest_wait_s": "how long a clip may take before its attempt ends and the next goes on with the order; default: 1800",
}
ENDING = {
    "ending": "what a clip that begins with a picture ends with: animatic, which makes it run as fast as it must to be there when the "
    "beat ends; or none (the default)",
}
"""Of those whose server can make a clip towards its last frame."""
NOTHING = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    usd_per_s: float | None
    """None: nobody said."""
    opening: tuple[OpeningSource, ...]
    longest_wait_s: float
    ending: EndingSource | None = None

    @property
    def is_free(self) -> bool:
        return self.usd_per_s == 0


def terms_of(options: Mapping[str, str], *, usual_usd_per_s: float | None) -> Terms:
    """Raises BadInput, which names the option."""
    given, opening, ending = options.get("price_per_s"), _opening(options), _ending(options)
    if ending is not None and not opening:
        hint = "Servers take a last frame together with a first one: let opening name one, like previous,animatic."
        raise BadInput("ending needs an opening.", hint, where="options.ending")
    return Terms(
        usd_per_s=usual_usd_per_s if given is None else _number("price_per_s", given, least=0.0),
        opening=opening,
        longest_wait_s=_number("longest_wait_s", options.get("longest_wait_s", "1800"), least=1.0),
        ending=ending,
    )


def check_known(backend: str, options: Mapping[str, str], known: Mapping[str, str]) -> None:
    """Raises BadInput for an option that the backend does not have."""
    if unknown := sorted(set(options) - set(known)):
        listing = "; ".join(f"{name}: {meaning}" for name, meaning in known.items())
        message = f"The {backend} backend has no option {unknown[0]!r}."
        raise BadInput(message, f"It has {listing}.", where=f"options.{unknown[0]}")


def url_of(text: str) -> str:
    """The address of a server, without credentials in it: it is written into recipes and orders."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput("base_url is no address of a server.", "Write it like https://videos.example.com.", "options.base_url")
    if "@" in parts.netloc or parts.query or parts.fragment:
        hint = "Leave out user, password and query: keys belong into the environment."
        raise BadInput("base_url holds more than an address.", hint, "options.base_url")
    return text.rstrip("/")


def _number(option: str, text: str, *, least: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number < float("inf"):
        raise BadInput(f"{option} is {text!r}.", f"It is a number of at least {least:g}.", where=f"options.{option}")
    return number


def _opening(options: Mapping[str, str]) -> tuple[OpeningSource, ...]:
    text = options.get("opening", OpeningSource.PREVIOUS)
    if text == NOTHING:
        return ()
    try:
        return tuple(OpeningSource(one.strip()) for one in text.split(","))
    except ValueError:
        hint = f"It is {OPTIONS['opening']}."
        raise BadInput(f"opening is {text!r}.", hint, where="options.opening") from None


def _ending(options: Mapping[str, str]) -> EndingSource | None:
    text = options.get("ending", NOTHING)
    if text == NOTHING:
        return None
    try:
        return EndingSource(text)
    except ValueError:
        raise BadInput(f"ending is {text!r}.", f"It is {ENDING['ending']}.", where="options.ending") from None
