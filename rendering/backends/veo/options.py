"""Options: what a fleet's configuration may say about Google's video models. Needs no library of Google's."""

from __future__ import annotations

from dataclasses import dataclass

from episodes.errors import BadInput
from episodes.job import RenderJob
from rendering.backends.bought.choosing import prompt_of, seconds_for, size_for
from rendering.backends.bought.shop import Request
from rendering.backends.bought.terms import ENDING, Terms, check_known, terms_of, url_of
from rendering.backends.bought.terms import OPTIONS as TERMS
from rendering.backends.recipe import BackendRecipe
from rendering.backends.veo.models import DEFAULT, MODELS, Api, Model

OPTIONS = {
    "model": f"one of {', '.join(MODELS)}; default: {DEFAULT}",
    "project": "the Google Cloud project that pays; the Veo models need it",
    "location": "its region; default: us-central1",
    "base_url": "a gateway instead of Google's own address",
    **TERMS,
    **ENDING,
}
MAX_SEED = 2**31
"""The Gemini API takes 32 bits with a sign."""
GOOGLE = "Google"


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    name: str
    """Of the model."""
    model: Model
    project: str
    """Empty where the model needs none."""
    location: str
    base_url: str | None
    terms: Terms

    @property
    def server(self) -> str:
        """As recipes, orders and errors name it."""
        return self.base_url or GOOGLE

    def request(self, job: RenderJob) -> Request:
        film_format = job.input.format
        is_vertex = self.model.api is Api.VERTEX
        sizes = [size for height in self.model.heights for size in _both_ways(height)]
        width, height = size_for(film_format, sizes)
        aspect = "16:9" if width > height else "9:16"
        return Request(
            server=f"{self.server}/{self.project}/{self.location}" if is_vertex else self.server,
            model=self.name,
            prompt=prompt_of(job),
            negative_prompt=job.input.negative_prompt if is_vertex else "",
            seed=job.input.seed % MAX_SEED,
            seconds=seconds_for(job.num_frames / film_format.fps, self.model.seconds),
            size=f"{aspect} {min(width, height)}p",
            first_frame_sha256=None,
        )


def setup_of(backend: BackendRecipe) -> Setup:
    """Raises BadInput, which names the option, for anything that can never work."""
    given = backend.options
    check_known("veo", given, OPTIONS)
    name = given.get("model", DEFAULT)
    if name not in MODELS:
        raise BadInput(f"The veo backend has no model {name!r}.", f"It has {', '.join(MODELS)}.", where="options.model")
    model = MODELS[name]
    project = given.get("project", "")
    if model.api is Api.VERTEX and not project:
        hint = f"project is {OPTIONS['project']}."
        raise BadInput(f"The model {name} needs the option project.", hint, where="options.project")
    terms = terms_of(given, usual_usd_per_s=model.usd_per_s)
    if terms.ending is not None and not model.takes_last_frame:
        able = ", ".join(other for other in MODELS if MODELS[other].takes_last_frame)
        raise BadInput(f"The model {name} takes no last frame.", f"Leave out ending, or take one of {able}.", "options.ending")
    return Setup(
        name=name,
        model=model,
        project=project if model.api is Api.VERTEX else "",
        location=given.get("location", "us-central1"),
        base_url=url_of(given["base_url"]) if "base_url" in given else None,
        terms=terms,
    )


def _both_ways(height: int) -> tuple[tuple[int, int], tuple[int, int]]:
    width = height * 16 // 9
    return (width, height), (height, width)
