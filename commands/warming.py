"""`warm`: weights are on this machine before its renderers want them, from a shell."""

from __future__ import annotations

import gc
import time
from types import MappingProxyType
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from episodes.errors import BadInput
from episodes.ports import ArtifactStore
from rendering.failures import failure_of
from settings import RendererSettings, Settings, load_settings

console = Console(highlight=False)

_CHOOSES = MappingProxyType({"animatediff": "tier", "diffusers": "recipe", "svd": "recipe"})
"""By backend: the option that a word after the slash is for."""


def warm(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND[/TIER|/RECIPE]]",
            help="A kind of the fleet or a backend: animatediff/draft, diffusers/wan; none: all that the fleet is made of.",
        ),
    ] = None,
) -> None:
    """Bring weights onto this machine and try them once, so that its renderers start at once and wait for no download.

    Of a fleet all kinds are tried. Ends with 1 when one of them failed.
    """
    settings = load_settings()
    from actors.parts import open_artifacts

    artifacts = open_artifacts(settings)
    names = [what] if what is not None else list(settings.storyworld_fleet)
    failed = [name for name in names if not _has_warmed(name, settings, artifacts)]
    if len(names) > 1 and failed:
        console.print(f"Not warm: {escape(', '.join(failed))}.", style="red", soft_wrap=True)
    if failed:
        raise typer.Exit(1)


def opened_by(name: str, settings: Settings) -> tuple[str, dict[str, str]]:
    """The backend and its options, of a kind or a backend, perhaps with a tier or a recipe of it. Raises BadInput for other names."""
    from rendering.backends import known_backends

    kind, _, chosen = name.partition("/")
    fleet, backends = settings.storyworld_fleet, known_backends()
    if kind not in fleet and kind not in backends:
        hint = f"There are {', '.join(dict.fromkeys((*fleet, *backends)))}; and like animatediff/draft or diffusers/wan."
        raise BadInput(f"There is no kind or backend {kind!r}.", hint)
    of = fleet.get(kind, RendererSettings())
    backend = of.backend or kind
    if not chosen:
        return backend, of.options
    if backend not in _CHOOSES:
        raise BadInput(f"{backend} has neither tiers nor recipes: there is no {name!r}.", f"Say {kind}.")
    return backend, of.options | {_CHOOSES[backend]: chosen}


def _has_warmed(name: str, settings: Settings, artifacts: ArtifactStore) -> bool:
    from actors.parts import renderer_of

    began_s = time.monotonic()
    try:
        backend, options = opened_by(name, settings)
        with console.status(f"Warming {escape(name)} …"):
            renderer_of(settings, artifacts, backend, options)
    except Exception as error:  # noqa: BLE001 - the edge: whatever this one has, the others are tried
        console.print(f"[red]{escape(name)} is not warm:[/red] {escape(failure_of(error).message)}", soft_wrap=True)
        return False
    finally:
        gc.collect()  # two backends may not fit into one GPU
    console.print(f"{escape(name)} is warm: ready to draw after {time.monotonic() - began_s:.1f} s.", soft_wrap=True)
    return True


COMMANDS = (warm,)
