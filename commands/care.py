"""`audit`, `sweep`, `doctor` and `manifest`: whether all is as it should be, from a shell."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from actors.running import found_system
from commands.options import MAX_PORT, EpisodeOrAll, Url
from episodes.errors import BadInput
from episodes.health import Verdict
from settings import load_settings

HERE = "127.0.0.1"

console = Console(highlight=False)


def audit(
    episode: EpisodeOrAll = None,
    decode: Annotated[bool, typer.Option(help="Decode every clip and film, too.")] = True,
    at_rest: Annotated[
        bool, typer.Option("--at-rest", help="Nothing works: what is still open or lies about is wrong.")
    ] = False,
    url: Url = None,
) -> None:
    """Check what must hold, in the database and in every stored file. Ends with 1 when something does not."""
    with found_system(load_settings(), url) as client, console.status("Reading what is stored …"):
        report = client.audit(episode, decode=decode, at_rest=at_rest)
    console.print(str(report), markup=False, soft_wrap=True)
    if report.violations:
        console.print(f"Violations: {len(report.violations)}.", style="red")
        raise typer.Exit(1)
    console.print("Nothing is wrong.")


def manifest(
    what: Annotated[str, typer.Argument(metavar="serve|kuberay", help="A Serve config, or a RayService for KubeRay.")],
    image: Annotated[str, typer.Option(help="Of the pods: it holds this code.")] = "YOUR-REGISTRY/storyworld-gpu:0.1.0",
    host: Annotated[str, typer.Option(help="Of the Serve config; any but this machine's own needs API_KEYS.")] = HERE,
    port: Annotated[int, typer.Option(min=1, max=MAX_PORT, help="Of the HTTP API.")] = 8000,
) -> None:
    """Print what other clusters take: for `serve deploy`, or for `kubectl apply`, with the fleet of STORYWORLD_FLEET."""
    import yaml

    from actors.manifests import ray_service, serve_config

    match what:
        case "serve":
            made = serve_config(host, port)
        case "kuberay":
            # whoever reaches the pods' network reaches the API: the head refuses to start without API_KEYS
            made = ray_service(load_settings(), image, yaml.safe_dump(serve_config("0.0.0.0", port), sort_keys=False))  # noqa: S104
        case _:
            raise BadInput(f"There is no manifest {what!r}.", "There are: serve, kuberay.")
    print(yaml.safe_dump(made, sort_keys=False), end="")


def doctor(url: Url = None) -> None:
    """Examine this machine and the running cluster, and say how to mend what is found. Ends with 1 when something is wrong."""
    from actors.doctor.here import examine

    with console.status("Looking around …"):
        findings = tuple(examine(load_settings(), url))
    for one in findings:
        style = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "red"}[one.verdict]
        line = f"[{style}]{one.verdict.value:<7}[/{style}]  {one.name:<12}  {escape(one.what)}"
        console.print(line + (f"\n{'':23}→ {escape(one.remedy)}" if one.remedy else ""), soft_wrap=True)
    if any(one.verdict is Verdict.WRONG for one in findings):
        raise typer.Exit(1)


def sweep(
    episode: EpisodeOrAll = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Delete nothing, only say what would go.")] = False,
    url: Url = None,
) -> None:
    """Delete the files of attempts that failed or were cancelled."""
    with found_system(load_settings(), url) as client, console.status("Looking for orphans …"):
        swept = client.sweep(episode, dry_run=dry_run)
    for key in swept["orphans"]:
        console.print(key, style="dim", markup=False, soft_wrap=True)
    console.print(f"{'Would be deleted' if dry_run else 'Deleted'}: {swept['num_orphans']}. Kept: {swept['num_kept']}.")
    for key in swept["strangers"]:
        console.print(f"Kept, though no attempt wrote it: {key}", style="yellow", markup=False, soft_wrap=True)


COMMANDS = (audit, sweep, doctor, manifest)
