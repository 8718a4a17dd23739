"""The lazy door to everything that makes frames: opening one backend imports that backend's libraries and no other's."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from episodes.errors import BadInput
from rendering.backend import VideoBackend
from rendering.backends.recipe import BackendRecipe

__all__ = ["BackendRecipe", "known_backends", "open_backend"]


def open_backend(recipe: BackendRecipe) -> VideoBackend:
    """A warm backend, ready to draw. Raises BadInput for a name that nobody knows or an option that it does not have."""
    opener = _OPENERS.get(recipe.name)
    if opener is None:
        known = ", ".join(known_backends())
        raise BadInput(f"There is no backend {recipe.name!r}.", f"Known are: {known}.", where="backend")
    return opener(recipe)


def known_backends() -> tuple[str, ...]:
    """All names that `open_backend` takes, aliases included."""
    return tuple(sorted(_OPENERS))


def _open_animatic(recipe: BackendRecipe) -> VideoBackend:
    from rendering.backends.animatic.backend import AnimaticBackend

    if recipe.options:
        name = sorted(recipe.options)[0]
        raise BadInput(f"The animatic backend has no option {name!r}.", "It takes none.", where=f"options.{name}")
    return AnimaticBackend()


_OPENERS: MappingProxyType[str, Callable[[BackendRecipe], VideoBackend]] = MappingProxyType(
    {"animatic": _open_animatic, "stub": _open_animatic}
)
