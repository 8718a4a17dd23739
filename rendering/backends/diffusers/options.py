"""Options: what a fleet's configuration may say about a video model, read into a recipe. Needs no torch, so a wrong one is found at the start."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from pydantic import ValidationError

from episodes.errors import BadInput
from rendering.backends.diffusers.recipes import Argument, Level, Recipe, built_in, flaw_of, names, recipe_of
from rendering.backends.opening import OpeningSource
from rendering.backends.option_values import DEVICES, device_of, sizes_of, truth_of
from rendering.backends.recipe import BackendRecipe
from rendering.backends.weights import Lora, Weights, lora_of, weights_of

OPTIONS = {
    "recipe": f"{', '.join(names())}, or the path of a JSON file like them",
    "model": "other weights for it: a hub id (owner/name, owner/name@revision) or a folder",
    "lora": "LoRAs, separated by commas, each with its scale: owner/name/file.safetensors:0.8",
    "opening": f"where a beat's first picture comes from, in this order: {', '.join(OpeningSource)}",
    "memory": f"{', '.join(Level)}: how much of the model is on the GPU at once",
    "device": DEVICES,
    "compile": "true or false (the default): compile the model's blocks while it warms up, which takes a minute or more",
    "warm": "sizes of clips to warm up for, like 512x512,1280x720; default: 512x512",
}
DEFAULT_RECIPES = MappingProxyType({"svd": "svd"})
"""By the backend's name; any other has to say which."""
DEFAULT_WARM = ((512, 512),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """A recipe, and where and how it is opened."""

    backend: str
    """The name under which it was asked for."""
    recipe: Recipe
    weights: Weights
    loras: tuple[Lora, ...]
    device: str | None
    """None: a GPU where there is one, else the CPU."""
    compiles: bool
    warm_sizes: tuple[tuple[int, int], ...]
    """Widths and heights of clips."""


def setup_of(backend: BackendRecipe) -> Setup:
    """Raises BadInput, which names the option, for anything that can never work."""
    given, home = backend.options, backend.home
    recipe = _recipe(backend)
    _check_names(backend, recipe)
    recipe = _checked(
        recipe,
        call={name: _like(value, name, given[name]) if name in given else value for name, value in recipe.call.items()},
        opening=_opening(given["opening"]) if "opening" in given else recipe.opening,
        memory=_level(given["memory"]) if "memory" in given else recipe.memory,
    )
    loras = given["lora"].split(",") if "lora" in given else recipe.loras
    return Setup(
        backend=backend.name,
        recipe=recipe,
        weights=weights_of("model", given["model"], home) if "model" in given else _own_weights(recipe, backend),
        loras=tuple(lora_of(one, home) for one in loras),
        device=device_of(given.get("device")),
        compiles=truth_of("compile", given.get("compile", "false")),
        warm_sizes=sizes_of(given["warm"]) if "warm" in given else DEFAULT_WARM,
    )


def _recipe(backend: BackendRecipe) -> Recipe:
    text = backend.options.get("recipe", DEFAULT_RECIPES.get(backend.name))
    if text is None:
        known = " ".join(f"{name}: {built_in(name).about}" for name in names())
        hint = f"Give the option recipe, a name or the path of a JSON file like them. {known}"
        raise BadInput(f"The backend {backend.name!r} has no recipe.", hint, where="options.recipe")
    return recipe_of(text, backend.home)


def _check_names(backend: BackendRecipe, recipe: Recipe) -> None:
    if unknown := sorted(set(backend.options) - set(OPTIONS) - set(recipe.call)):
        own = {name: f"like {value}" for name, value in recipe.call.items()}
        known = "; ".join(f"{name}: {meaning}" for name, meaning in {**OPTIONS, **own}.items())
        where = f"options.{unknown[0]}"
        raise BadInput(f"The recipe {recipe.name!r} has no option {unknown[0]!r}.", f"There are {known}.", where=where)


def _checked(recipe: Recipe, **changes: object) -> Recipe:
    """With the changes, and still fitting together."""
    try:
        return Recipe.model_validate({**recipe.model_dump(), **changes})
    except ValidationError as error:
        raise BadInput(f"With these options the recipe {recipe.name!r} is wrong: {flaw_of(error)}", where="options") from error


def _own_weights(recipe: Recipe, backend: BackendRecipe) -> Weights:
    found = weights_of("recipe", recipe.model, backend.home)
    return Weights(
        repository=found.repository, revision=found.revision, file=found.file, variant=recipe.variant, licence=recipe.licence
    )


def _opening(text: str) -> tuple[OpeningSource, ...]:
    try:
        return tuple(OpeningSource(one.strip()) for one in text.split(","))
    except ValueError:
        raise BadInput(f"{text!r} are no openings.", f"It is {OPTIONS['opening']}.", where="options.opening") from None


def _level(text: str) -> Level:
    try:
        return Level(text)
    except ValueError:
        raise BadInput(f"memory is {text!r}.", f"It is {OPTIONS['memory']}.", where="options.memory") from None


def _like(value: Argument, option: str, text: str) -> Argument:
    """Read as the recipe's own value is."""
    if isinstance(value, bool):
        return truth_of(option, text)
    try:
        return type(value)(text)
    except ValueError:
        raise BadInput(f"{option} is {text!r}.", f"It is a number like {value}.", where=f"options.{option}") from None
