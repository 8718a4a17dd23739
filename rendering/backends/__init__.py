"""The lazy door to everything that makes frames: opening one backend imports that backend's libraries and no other's."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from types import MappingProxyType

from episodes.errors import BadInput
from episodes.plan import CameraMove
from rendering.backend import VideoBackend
from rendering.backends.bought.on_sale import OnSale
from rendering.backends.bought.purse import Purse
from rendering.backends.recipe import BackendRecipe

__all__ = ["BackendRecipe", "OnSale", "Purse", "camera_moves", "check_backend", "known_backends", "on_sale", "open_backend"]


def open_backend(recipe: BackendRecipe, purse: Purse | None = None) -> VideoBackend:
    """A warm backend, ready to draw. Raises BadInput for a name that nobody knows or an option that it does not have.

    `purse`: for those that buy what they make; the others need none.
    """
    check_backend(recipe)
    if recipe.name not in _BUYERS:
        return _OPENERS[recipe.name](recipe)
    if purse is None:
        raise BadInput(f"The {recipe.name} backend buys its clips.", "Open it with a purse.", where="backend")
    return _BUYERS[recipe.name](recipe, purse)


def check_backend(recipe: BackendRecipe) -> None:
    """Find out, without loading anything heavy, what would fail when it is opened. Raises BadInput."""
    if recipe.name not in known_backends():
        known = ", ".join(known_backends())
        raise BadInput(f"There is no backend {recipe.name!r}.", f"Known are: {known}.", where="backend")
    if (check := _CHECKERS.get(recipe.name)) is not None:
        check(recipe)


def known_backends() -> tuple[str, ...]:
    """All names that `open_backend` takes, aliases included."""
    return tuple(sorted({*_OPENERS, *_BUYERS}))


def on_sale(recipe: BackendRecipe) -> OnSale | None:
    """What a second of its clips costs, and how long they are; None: they are not bought. Raises BadInput as `check_backend`."""
    match recipe.name:
        case "veo":
            from rendering.backends.veo import options as veo

            bought = veo.setup_of(recipe)
            return OnSale(usd_per_s=bought.terms.usd_per_s, lengths_s=bought.model.seconds)
        case "openai-video":
            from rendering.backends.openai_video import options as openai_video

            setup = openai_video.setup_of(recipe)
            return OnSale(usd_per_s=setup.terms.usd_per_s, lengths_s=tuple(setup.seconds))
        case _:
            return None


def camera_moves(recipe: BackendRecipe) -> tuple[CameraMove, ...] | None:
    """Those that it can be told to make; None: all, or that is not known. Raises BadInput, as check_backend does."""
    moves_of = _MOVERS.get(recipe.name)
    return moves_of(recipe) if moves_of is not None else None


def _open_animatic(recipe: BackendRecipe) -> VideoBackend:
    from rendering.backends.animatic.backend import AnimaticBackend

    return AnimaticBackend()


def _check_animatic(recipe: BackendRecipe) -> None:
    if recipe.options:
        name = sorted(recipe.options)[0]
        raise BadInput(f"The animatic backend has no option {name!r}.", "It takes none.", where=f"options.{name}")


def _open_animatediff(recipe: BackendRecipe) -> VideoBackend:
    from rendering.backends.animatediff.options import setup_of

    setup = setup_of(recipe)
    _check_installed(recipe.name, "models", "torch", "diffusers", "transformers")
    from rendering.backends.animatediff.backend import open_animatediff

    return open_animatediff(setup)


def _check_animatediff(recipe: BackendRecipe) -> None:
    from rendering.backends.animatediff.options import setup_of

    setup_of(recipe)


def _open_openai_video(recipe: BackendRecipe, purse: Purse) -> VideoBackend:
    from rendering.backends.openai_video.backend import open_openai_video
    from rendering.backends.openai_video.options import setup_of

    return open_openai_video(setup_of(recipe), purse)


def _check_openai_video(recipe: BackendRecipe) -> None:
    from rendering.backends.openai_video.options import setup_of

    setup_of(recipe)


def _open_diffusers(recipe: BackendRecipe) -> VideoBackend:
    from rendering.backends.diffusers.options import setup_of

    setup = setup_of(recipe)
    _check_installed(recipe.name, "models", "torch", "diffusers", "transformers", "ftfy")
    from rendering.backends.diffusers.backend import open_diffusers

    return open_diffusers(setup)


def _check_diffusers(recipe: BackendRecipe) -> None:
    from rendering.backends.diffusers.options import setup_of

    setup_of(recipe)


def _moves_of_diffusers(recipe: BackendRecipe) -> tuple[CameraMove, ...] | None:
    from rendering.backends.diffusers.options import setup_of

    return setup_of(recipe).recipe.camera_moves


def _open_veo(recipe: BackendRecipe, purse: Purse) -> VideoBackend:
    from rendering.backends.veo.options import setup_of

    setup = setup_of(recipe)
    _check_installed(recipe.name, "veo", "google.genai")
    from rendering.backends.veo.backend import open_veo

    return open_veo(setup, purse)


def _check_veo(recipe: BackendRecipe) -> None:
    from rendering.backends.veo.options import setup_of

    setup_of(recipe)


def _check_installed(backend: str, extra: str, *libraries: str) -> None:
    if absent := [name for name in libraries if find_spec(name) is None]:
        raise BadInput(f"The {backend} backend needs {absent[0]}.", f"Install the extra: pip install -e '.[{extra}]'.")


_OPENERS: MappingProxyType[str, Callable[[BackendRecipe], VideoBackend]] = MappingProxyType(
    {
        "animatediff": _open_animatediff,
        "animatic": _open_animatic,
        "diffusers": _open_diffusers,
        "stub": _open_animatic,
        "svd": _open_diffusers,
    }
)
_BUYERS: MappingProxyType[str, Callable[[BackendRecipe, Purse], VideoBackend]] = MappingProxyType(
    {"openai-video": _open_openai_video, "veo": _open_veo}
)
# what is cheap to know about options; an opener without one checks them itself
_CHECKERS: MappingProxyType[str, Callable[[BackendRecipe], None]] = MappingProxyType(
    {
        "animatediff": _check_animatediff,
        "animatic": _check_animatic,
        "diffusers": _check_diffusers,
        "openai-video": _check_openai_video,
        "stub": _check_animatic,
        "svd": _check_diffusers,
        "veo": _check_veo,
    }
)
# whose recipe says which; the others draw any, or read it in the prompt
_MOVERS: MappingProxyType[str, Callable[[BackendRecipe], tuple[CameraMove, ...] | None]] = MappingProxyType(
    {"diffusers": _moves_of_diffusers, "svd": _moves_of_diffusers}
)
