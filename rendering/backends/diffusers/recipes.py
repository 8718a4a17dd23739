"""Recipes: everything that decides what a video model makes, as data. A new model is a new recipe, as a JSON file, and no code.

Those in `built_in/` have their numbers from the models' own pages and from diffusers' examples. Needs no torch.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from episodes.errors import BadInput
from episodes.nouns import Id, Noun
from episodes.plan import CameraMove
from rendering.backends.diffusers import built_in as shelf
from rendering.backends.opening import OpeningSource

Argument = int | float | bool | str
ClassName = Annotated[str, StringConstraints(pattern=r"^[A-Z]\w*$")]
"""In diffusers."""
PythonName = Annotated[str, StringConstraints(pattern=r"^[a-z]\w*$")]
Dtype = Literal["bfloat16", "float16", "float32"]
_NOT_FOR_CALLS = frozenset(
    {
        "prompt",
        "negative_prompt",
        "image",
        "width",
        "height",
        "generator",
        "output_type",
        "return_dict",
        "num_videos_per_prompt",
    }
)
"""What the sampler calls pipelines with itself, or counts on."""


class Level(StrEnum):
    """How much of a model is on the device at once; each is slower than the one before, and needs less."""

    RESIDENT = "resident"
    """All of it, always."""
    OFFLOADED = "offloaded"
    """Each part while it works, the others in the host's memory."""
    TILED = "tiled"
    """So too, and the VAE works on a part of the picture at a time, which changes it a little."""


class SchedulerSpec(Noun):
    class_name: ClassName
    options: dict[PythonName, Argument] = Field(default_factory=dict)
    """On top of the model's own scheduler configuration."""


class FrameRule(Noun):
    """How many frames a model can make: `base + k * step`, from `least` to `most`."""

    argument: PythonName = "num_frames"
    base: int = Field(ge=0)
    step: int = Field(ge=1)
    least: int = Field(ge=1)
    most: int = Field(ge=1)

    def at_least(self, num_frames: int) -> int:
        """The smallest legal number that is not below this, or the largest that there is."""
        steps = max(0, -(-(num_frames - self.base) // self.step))
        return min(self.most, max(self.least, self.base + steps * self.step))

    @model_validator(mode="after")
    def _ends_are_legal(self) -> Self:
        for name, end in (("least", self.least), ("most", self.most)):
            if end < self.base or (end - self.base) % self.step:
                raise ValueError(f"`{name}` is {end}, which is not {self.base} + k * {self.step}")
        if self.least > self.most:
            raise ValueError(f"`least` is {self.least}, which is more than `most`, {self.most}")
        return self


class Speed(Noun):
    native_fps: int = Field(ge=1, le=120)
    """At which the model's motion looks natural."""
    argument: PythonName | None = None
    """What the pipeline calls it; None: it is not told."""


class SizeRule(Noun):
    """Frames are made near the area that the model was trained on, then cropped and scaled to the clip's size."""

    multiple: int = Field(ge=1, le=256)
    """Of pixels: what the VAE divides by, times the transformer's patches."""
    least_pixels: int = Field(ge=64 * 64)
    most_pixels: int = Field(ge=64 * 64)

    @model_validator(mode="after")
    def _ends_are_in_order(self) -> Self:
        if self.least_pixels > self.most_pixels:
            raise ValueError(f"`least_pixels` is {self.least_pixels}, which is more than `most_pixels`, {self.most_pixels}")
        return self


class Recipe(Noun):
    """One model, and how it is made to make frames."""

    name: Id
    about: str = ""
    """A sentence for whoever chooses."""
    model: str
    """A hub id (owner/name, owner/name@revision) or a folder, as `save_pretrained` writes it, with safetensors."""
    variant: str | None = None
    """`fp16`: the model's files carry this in their names."""
    licence: str = ""
    """Of the weights."""
    text_pipeline: ClassName | None = None
    """Makes a beat out of its prompt; None: the model needs a picture."""
    image_pipeline: ClassName | None = None
    """Makes a beat out of its prompt, if it reads any, and the picture that it opens with; of the same parts. None: it takes none."""
    opening: tuple[OpeningSource, ...] = ()
    """Where that picture comes from: the first of them that has one. Without one, the beat is made out of its prompt."""
    camera_moves: Annotated[tuple[CameraMove, ...], Field(min_length=1)] | None = None
    """Those that it can be told to make; None: all, in the words of its prompt."""
    scheduler: SchedulerSpec | None = None
    """None: the model's own."""
    loras: tuple[str, ...] = ()
    """owner/name/file.safetensors:0.8, fused when the model is loaded."""
    dtype: Dtype = "bfloat16"
    """On a GPU; a CPU computes in float32."""
    component_dtypes: dict[PythonName, Dtype] = Field(default_factory=dict)
    """Of parts that need another one."""
    call: dict[PythonName, Argument]
    """What both pipelines are called with: steps, guidance and whatever else is the model's own. Each may be given as an option."""
    call_when_short: dict[PythonName, Argument] = Field(default_factory=dict)
    """Instead, where the device has no room."""
    frames: FrameRule
    speed: Speed
    size: SizeRule
    memory: Level = Level.RESIDENT
    """Where it begins; without room for it, the next is taken."""
    compile: tuple[PythonName, ...] = ()
    """Parts whose repeated blocks are compiled on a GPU, where the option `compile` says so."""

    @property
    def num_steps(self) -> int:
        return int(self.call["num_inference_steps"])

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.text_pipeline is None and self.image_pipeline is None:
            raise ValueError("it names neither a `text_pipeline` nor an `image_pipeline`")
        if (self.image_pipeline is None) != (not self.opening):
            raise ValueError("`opening` is for an `image_pipeline`, which needs one")
        if self.text_pipeline is None and self.opening[-1] is not OpeningSource.ANIMATIC:
            raise ValueError("a model that needs a picture needs `animatic` as the last `opening`: there always is one")
        if type(self.call.get("num_inference_steps")) is not int or self.num_steps < 1:  # a bool is an int too
            raise ValueError("`call` needs `num_inference_steps`, at least 1")
        not_its = {*_NOT_FOR_CALLS, self.frames.argument, self.speed.argument}
        for place, arguments in (("call", self.call), ("call_when_short", self.call_when_short)):
            if wrong := [name for name in arguments if name in not_its]:
                raise ValueError(f"`{place}` has `{wrong[0]}`, which is not the recipe's to say: leave it out")
        return self


def recipe_of(text: str, home: Path | None) -> Recipe:
    """A built-in one by name, or a JSON file by its path. Raises BadInput that says where it is wrong."""
    if text in names():
        return built_in(text)
    path = (home or Path()) / Path(text).expanduser()
    if path.suffix != ".json":
        known = f"There are {', '.join(names())}, or the path of a JSON file like them."
        raise BadInput(f"There is no recipe {text!r}.", known, where="options.recipe")
    try:
        return Recipe.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInput(f"The recipe {text!r} cannot be read: {error.strerror}.", where="options.recipe") from error
    except ValidationError as error:
        raise BadInput(f"The recipe {text!r} is wrong: {flaw_of(error)}", where="options.recipe") from error


@cache
def built_in(name: str) -> Recipe:
    return Recipe.model_validate_json(files(shelf).joinpath(f"{name}.json").read_bytes())


@cache
def names() -> tuple[str, ...]:
    """Of the built-in recipes."""
    return tuple(sorted(file.name.removesuffix(".json") for file in files(shelf).iterdir() if file.name.endswith(".json")))


def flaw_of(error: ValidationError) -> str:
    """The first thing that is wrong, and where, in one sentence."""
    found = error.errors()[0]
    where = ".".join(str(part) for part in found["loc"])
    said = found["msg"].removeprefix("Value error, ")
    return f"{where}: {said}." if where else f"{said}."
