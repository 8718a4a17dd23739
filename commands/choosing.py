"""`takes` and `versions`: the clips of a beat and the plans of an episode to choose from, from a shell."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from actors import running
from api.client import JsonObject
from commands.options import EpisodeId, Url
from episodes.errors import BadInput
from settings import load_settings

console = Console(highlight=False)


def takes(
    episode: EpisodeId,
    beat: Annotated[str, typer.Argument(metavar="BEAT", help="The beat: b2.")],
    count: Annotated[int | None, typer.Option(help="Render so many more, up to eight.")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Of one of them; repeatable.")] = None,
    select: Annotated[int | None, typer.Option(help="Make this one the beat's clip; the film is cut anew.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --select: only say what it would do.")] = False,
    stop: Annotated[int | None, typer.Option(help="Stop this one.")] = None,
    url: Url = None,
) -> None:
    """The clips of a beat to choose from: list them, ask for more, stop or select one."""
    _check_dry_run(dry_run, select, "--select")
    with running.found_system(load_settings(), url) as client:
        if count is not None or seed:
            client.ask_for_takes(episode, beat, count or len(seed or ()), seed or ())
        if stop is not None:
            client.cancel_take(episode, beat, stop)
        if select is not None:
            _tell_difference("Selected", client.select_take(episode, beat, select, dry_run=dry_run))
        for take in client.takes(episode, beat)["takes"]:
            _tell(take)


def _tell(take: JsonObject) -> None:
    mark = "*" if take["is_selected"] else " "
    why = take["waiting"] or take["reason"]
    old = f"of revision {take['revision']}"
    line = f"{mark} {take['number']:>3}  {take['state']:<10} seed {take['seed']}  {old}  {why}".rstrip()
    console.print(escape(line), soft_wrap=True)


def versions(
    episode: EpisodeId,
    version: Annotated[int | None, typer.Argument(metavar="[VERSION]", help="Print this one's plan; none: list them.")] = None,
    restore: Annotated[int | None, typer.Option(help="Bring this one back, as a new one.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --restore: only say what it would do.")] = False,
    url: Url = None,
) -> None:
    """The plans that an episode has had, newest first: list them, print one, or bring one back."""
    _check_dry_run(dry_run, restore, "--restore")
    with running.found_system(load_settings(), url) as client:
        if restore is not None:
            _tell_difference("Restored", client.restore_plan(episode, restore, dry_run=dry_run))
        if version is not None:
            console.print_json(data=client.plan_version(episode, version)["plan"])
            return
        table = Table("version", "when", "beats", "what", box=None, pad_edge=False)
        for one in client.plan_versions(episode):
            table.add_row(str(one["version"]), one["at"][:19], str(one["num_beats"]), escape(one["cause"]))
        console.print(table)


def _check_dry_run(dry_run: bool, number: int | None, option: str) -> None:
    if dry_run and number is None:
        raise BadInput("There is nothing to be tried.", f"--dry-run says what {option} would do: give both.")


def _tell_difference(done: str, told: JsonObject) -> None:
    change = told["difference"]
    what = [f"{', '.join(change['to_render']) or 'nothing'} to be rendered"]
    what += [f"{', '.join(change[name])} {name}" for name in ("cancelled", "removed") if change[name]]
    film = "the film is cut anew" if change["film_to_recut"] else "no film is cut anew"
    console.print(f"{'It would be so' if told['dry_run'] else done}: {', '.join((*what, film))}.")


COMMANDS = (takes, versions)
