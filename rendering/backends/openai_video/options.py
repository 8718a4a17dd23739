"""Options: what a fleet's configuration may say about a server that speaks OpenAI's video API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from episodes.errors import BadInput
from episodes.job import RenderJob
from rendering.backends.bought.choosing import own_size, prompt_of, seconds_for, size_for
from rendering.backends.bought.shop import Request
from rendering.backends.bought.terms import OPTIONS as TERMS
from rendering.backends.bought.terms import Terms, check_known, terms_of, url_of
from rendering.backends.recipe import BackendRecipe

OPTIONS = {
    "base_url": "the server's address, with /v1 where it has one, like http://10.0.0.5:8000/v1",
    "model": "the server's name for a model; default: it chooses",
    "seconds": "lengths that it makes, like 4,8,12 or 1-16; default: 1-30",
    "sizes": "sizes that it makes, like 1280x720,720x1280; default: any",
    "also": "further fields that it takes, of seed and negative_prompt; default: both; or none",
    "poll_s": "seconds between two looks at an order; default: 2",
    **TERMS,
}
FIELDS = ("seed", "negative_prompt")
NOTHING = "none"
MAX_SEED = 2**31
"""Open servers hand it to libraries that take no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    base_url: str
    model: str
    """Empty: the server chooses."""
    seconds: Sequence[int]
    sizes: tuple[tuple[int, int], ...]
    """None of them: any."""
    also: tuple[str, ...]
    poll_s: float
    terms: Terms

    def request(self, job: RenderJob) -> Request:
        film_format = job.input.format
        width, height = size_for(film_format, self.sizes) if self.sizes else own_size(film_format)
        return Request(
            server=self.base_url,
            model=self.model,
            prompt=prompt_of(job),
            negative_prompt=job.input.negative_prompt if "negative_prompt" in self.also else "",
            seed=job.input.seed % MAX_SEED if "seed" in self.also else 0,
            seconds=seconds_for(job.num_frames / film_format.fps, self.seconds),
            size=f"{width}x{height}",
            first_frame_sha256=None,
        )


def setup_of(backend: BackendRecipe) -> Setup:
    """Raises BadInput, which names the option, for anything that can never work."""
    given = backend.options
    check_known("openai-video", given, OPTIONS)
    if "base_url" not in given:
        hint = f"base_url is {OPTIONS['base_url']}."
        raise BadInput("The openai-video backend needs the option base_url.", hint, where="options.base_url")
    return Setup(
        base_url=url_of(given["base_url"]),
        model=given.get("model", ""),
        seconds=_seconds(given.get("seconds", "1-30")),
        sizes=_sizes(given["sizes"]) if "sizes" in given else (),
        also=_also(given.get("also", ",".join(FIELDS))),
        poll_s=_poll_s(given.get("poll_s", "2")),
        terms=terms_of(given, usual_usd_per_s=None),
    )


def _seconds(text: str) -> Sequence[int]:
    try:
        first, dash, last = text.partition("-")
        offered = range(int(first), int(last) + 1) if dash else sorted({int(one) for one in text.split(",")})
    except ValueError:
        offered = []
    if not offered or offered[0] < 1:
        raise BadInput(f"seconds is {text!r}.", f"It is {OPTIONS['seconds']}.", where="options.seconds")
    return offered


def _sizes(text: str) -> tuple[tuple[int, int], ...]:
    try:
        sizes = tuple((int(width), int(height)) for width, height in (one.split("x") for one in text.split(",")))
    except ValueError:
        sizes = ()
    if not sizes or any(side < 1 for size in sizes for side in size):
        raise BadInput(f"sizes is {text!r}.", f"It is {OPTIONS['sizes']}.", where="options.sizes")
    return sizes


def _also(text: str) -> tuple[str, ...]:
    also = () if text == NOTHING else tuple(one.strip() for one in text.split(","))
    if set(also) - set(FIELDS):
        raise BadInput(f"also is {text!r}.", f"It is {OPTIONS['also']}.", where="options.also")
    return also


def _poll_s(text: str) -> float:
    try:
        poll_s = float(text)
    except ValueError:
        poll_s = 0.0
    if not 0 < poll_s <= 600:
        raise BadInput(f"poll_s is {text!r}.", "It is above 0 and at most 600.", where="options.poll_s")
    return poll_s
