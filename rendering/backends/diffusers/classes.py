"""Classes: what a recipe names in diffusers and what it gives to it, checked before anything is loaded."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping

import diffusers

from episodes.errors import BadInput
from rendering.backends.diffusers.recipes import Argument, Recipe, SchedulerSpec
from rendering.backends.libraries import Part

_PLAIN = {"int", "float", "bool", "str", "Literal"}


def pipeline_class(name: str, recipe: Recipe) -> Part:
    """Raises BadInput for one that there is not, or that cannot be called as the recipe says: that would fail only with the first beat."""
    found = _class_of("pipeline", name, diffusers.DiffusionPipeline)
    speed = {recipe.speed.argument: recipe.speed.native_fps} if recipe.speed.argument is not None else {}
    for arguments in (recipe.call, recipe.call_when_short, speed, {recipe.frames.argument: recipe.frames.most}):
        _check(name, found.__call__, arguments)
    return found


def scheduler_class(spec: SchedulerSpec) -> Part:
    """Raises BadInput for one that there is not, or for options that it does not have: diffusers would leave them out without a word."""
    found = _class_of("scheduler", spec.class_name, diffusers.SchedulerMixin)
    _check(spec.class_name, found.__init__, spec.options)
    return found


def _class_of(kind: str, name: str, parent: Part) -> Part:
    found = getattr(diffusers, name, None)
    if not (inspect.isclass(found) and issubclass(found, parent)):
        hint = f"Name a {kind} of diffusers {diffusers.__version__}."
        raise BadInput(f"diffusers has no {kind} {name!r}.", hint, where="options.recipe")
    return found


def _check(name: str, called: Callable[..., object], arguments: Mapping[str, Argument]) -> None:
    known = {
        parameter.name: parameter for parameter in inspect.signature(called).parameters.values() if parameter.name != "self"
    }
    for argument, value in arguments.items():
        if argument not in known:
            raise BadInput(f"{name} has no argument {argument!r}.", f"It takes {', '.join(known)}.", where="options.recipe")
        if not _takes(known[argument], value):
            hint = f"It takes {_annotation(known[argument])}."
            raise BadInput(f"{name} cannot take {value!r} as its {argument}.", hint, where="options.recipe")


def _takes(parameter: inspect.Parameter, value: Argument) -> bool:
    """As far as its annotation says; some have none."""
    wanted = _PLAIN.intersection(re.findall(r"\w+", _annotation(parameter)))
    given = {int: {"int", "float"}, str: {"str", "Literal"}}.get(type(value), {type(value).__name__})
    return not wanted or not wanted.isdisjoint(given)


def _annotation(parameter: inspect.Parameter) -> str:
    return parameter.annotation if isinstance(parameter.annotation, str) else inspect.formatannotation(parameter.annotation)
