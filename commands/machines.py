"""`up`, `status` and `down`: the machines of a StoryWorld at RunPod, from a shell."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from actors.environment import refuse_open_mesh
from api.client import Client
from settings import named_keys, variables_for_pods

if TYPE_CHECKING:  # they import Ray, which takes a second
    from cluster.buyer import Quote
    from cluster.cluster_file import ClusterFile
    from cluster.keeper import Keeper
    from cluster.standing import Standing

HERE = Path(__file__).resolve().parents[1]
_SHOWN_QUOTES = 6

console = Console(highlight=False)

File = Annotated[Path, typer.Option("--file", help="What may be bought, and where: GPU types, limits, regions.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]


def up(
    on: Annotated[
        str | None, typer.Option(help="Which of the file's single_pods: gpu, cpu, …; default: its first.", metavar="NAME")
    ] = None,
    fleet: Annotated[bool, typer.Option("--fleet", help="A head, and workers that come and go: as `ray up` does.")] = False,
    image: Annotated[str | None, typer.Option(help="Of the single pod, instead of the file's.")] = None,
    file: File = HERE / "ray-cluster.yaml",
    yes: Yes = False,
) -> None:
    """Rent a machine at RunPod that is a whole StoryWorld; says first what it costs. Needs RUNPOD_API_KEY."""
    from cluster.cluster_file import read_cluster_file

    refuse_open_mesh()
    told = read_cluster_file(file)
    if fleet:
        _put_up_fleet(told, variables_for_pods(), yes=yes)
    else:
        _put_up_single_pod(told, on, image, variables_for_pods(), yes=yes)


def status(
    keys: Annotated[bool, typer.Option("--keys", help="Show the API's keys and the dashboard's token, too.")] = False,
    file: File = HERE / "ray-cluster.yaml",
) -> None:
    """Which machines there are at RunPod, what they cost, and whether the API answers."""
    pods = _keeper(file).standings()
    for one in pods:
        _show(one, with_keys=keys)
    if not pods:
        console.print("Nothing is up, and nothing bills.")
        return
    per_hour, so_far = sum(one.usd_per_hour for one in pods), sum(one.usd_so_far for one in pods)
    console.print(f"Together {per_hour:.2f} USD per hour, {so_far:.2f} so far at these prices. RunPod's bill counts.")


def down(file: File = HERE / "ray-cluster.yaml", yes: Yes = False) -> None:
    """Delete every machine of the cluster, and make sure that it is gone."""
    keeper = _keeper(file)
    pods = keeper.standings()
    for one in pods:
        _show(one, with_keys=False, asks=False)
    disks = [one for one in pods if one.disk is not None]
    if disks:
        console.print(f"Whatever is stored on the disk of {disks[0].name} goes with it.", style="yellow", soft_wrap=True)
    if pods:
        _ask("Delete all of it?", "Nothing was deleted.", yes=yes)
    with console.status("Deleting, and looking whether anything shows up late …"):
        keeper.take_down()
    console.print(f"Deleted: {len(pods)}. RunPod lists no pod of this cluster any more.")
    for volume in sorted({one.volume for one in pods if one.volume is not None}):
        console.print(f"Left: the network volume {volume}, which bills until you delete it in RunPod's console.")


def _keeper(file: Path) -> Keeper:
    from cluster.cluster_file import read_cluster_file
    from cluster.keeper import Keeper

    return Keeper(read_cluster_file(file), variables_for_pods())


def _put_up_single_pod(
    file: ClusterFile, on: str | None, image: str | None, variables: Mapping[str, str], *, yes: bool
) -> None:
    from cluster.keeper import Keeper

    name, node_type = file.single_pod(on, image)
    keeper = Keeper(file, _with_secrets(variables))
    order = keeper.order_single_pod(name, node_type)
    keeper.check_nothing_is_up()
    console.print(f"RunPod is asked for one pod, the first of these that is to be had ({node_type.image}):", soft_wrap=True)
    _show_quotes(keeper.quotes(node_type))
    if node_type.volume is None and node_type.host_disk is None:
        console.print("It has no volume: a restart of the pod loses its database and films.", style="yellow", soft_wrap=True)
    _ask(f"Rent it? It bills at most {node_type.max_usd_per_hour:.2f} USD per hour, until `down`.", _NOTHING_BOUGHT, yes=yes)
    with _saying_what_goes_on():
        pod = keeper.buy(order)
        console.print(f"Rented: {pod}. It bills from now on.", soft_wrap=True)
        one = keeper.wait(pod, order, _answers, _Progress())
    console.print(f"StoryWorld is up, for {one.usd_per_hour:.2f} USD per hour until `python storyworld.py down`.")
    _show_doors(one)


def _put_up_fleet(file: ClusterFile, variables: Mapping[str, str], *, yes: bool) -> None:
    from cluster.errors import AlreadyUp, DidNotComeUp
    from cluster.keeper import Keeper

    keeper, head = Keeper(file, variables), file.head()
    keeper.check_token()
    pods = keeper.standings()
    if any(one.is_single for one in pods):
        raise AlreadyUp("A single pod is up, which buys no workers.", "`python storyworld.py down` ends it; then try again.")
    if pods:
        console.print("The cluster is up; `ray up` brings the file to it.")
    else:
        console.print(f"RunPod is asked for a head, the first of these that is to be had ({head.image}):", soft_wrap=True)
        _show_quotes(keeper.quotes(head))
        console.print("It buys workers by itself while beats wait for them, and deletes them when they are idle.")
    limit = f"All pods together bill at most {keeper.config.max_usd_per_hour:.2f} USD per hour, until `down`."
    _ask(f"Go on? {limit}", _NOTHING_BOUGHT, yes=yes)
    surroundings = {
        **variables,
        "RAY_AUTH_MODE": "token",
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(HERE),
        "AUTOSCALER_NODE_START_WAIT_S": f"{keeper.config.boot_timeout_s:.0f}",
    }
    with _saying_what_goes_on():
        ended = subprocess.run(ray_up(file.path.resolve()), env=surroundings, cwd=HERE, check=False)
    pods = keeper.standings()
    for one in pods:
        _show(one, with_keys=False)
    if ended.returncode != 0:
        raise DidNotComeUp(
            "`ray up` failed, for the reason above.", "What is left bills: `python storyworld.py down` deletes it."
        )


def ray_up(file: Path) -> list[str]:
    """The command line of Ray's launcher."""
    return [str(Path(sys.executable).with_name("ray")), "up", str(file), "--yes"]


def _with_secrets(variables: Mapping[str, str]) -> dict[str, str]:
    """A key for the API and a token for the cluster are made where none are given; the pod keeps them, and `status --keys` shows them."""
    made = {"RAY_AUTH_TOKEN": secrets.token_hex(32), "API_KEYS": f"up:{secrets.token_hex(24)}"}
    return {**variables, **{name: value for name, value in made.items() if not variables.get(name)}}


_NOTHING_BOUGHT = "Nothing was bought."


def _ask(question: str, otherwise: str, *, yes: bool) -> None:
    if yes:
        return
    try:
        agrees = typer.confirm(question)
    except typer.Abort:  # nobody is there to answer
        agrees = False
    if not agrees:
        console.print(f"{otherwise} (--yes asks nothing.)")
        raise typer.Exit(1)


@contextmanager
def _saying_what_goes_on() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        console.print(
            "Stopped waiting. A pod that was ordered goes on and bills: `python storyworld.py status` shows it, `down` deletes it."
        )
        raise typer.Exit(130) from None


class _Progress:
    """Says each new phase once, with the time since the first."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._last = ""

    def __call__(self, phase: str) -> None:
        if phase != self._last:
            minutes, seconds = divmod(int(time.monotonic() - self._began_s), 60)
            console.print(f"  {minutes}:{seconds:02d}  {phase} …", style="dim", soft_wrap=True)
            self._last = phase


def _show_quotes(quotes: Sequence[Quote]) -> None:
    for quote in quotes[:_SHOWN_QUOTES]:
        price = "   not" if quote.usd_per_hour is None else f"{quote.usd_per_hour:6.2f}"
        note = quote.against or ("" if quote.is_in_stock else "out of stock, as it seems")
        console.print(
            f"{price} USD per hour  {escape(str(quote.candidate))}{f': {escape(note)}' if note else ''}", soft_wrap=True
        )
    if len(quotes) > _SHOWN_QUOTES:
        console.print(f"       and {len(quotes) - _SHOWN_QUOTES} more", style="dim")


def _show(one: Standing, *, with_keys: bool, asks: bool = True) -> None:
    console.print(f"[bold]{escape(one.what)}[/bold]  {one.name}  {escape(one.place)}", soft_wrap=True)
    cost = f"{one.usd_per_hour:.2f} USD per hour, {one.usd_so_far:.2f} so far"
    console.print(f"    {one.state}, {_age(one.age_s)} old, {cost}", soft_wrap=True)
    if one.api is not None and asks:
        console.print(f"    API {one.api} {'answers' if _answers(one.api) else 'does not answer'}", soft_wrap=True)
    if one.dashboard is not None and asks:
        console.print(f"    Ray dashboard {one.dashboard}, which asks for the token", soft_wrap=True)
    if with_keys:
        _show_keys(one)


def _show_doors(one: Standing) -> None:
    console.print(f"API:           {one.api}/docs", soft_wrap=True)
    if one.dashboard is not None:
        console.print(f"Ray dashboard: {one.dashboard}   (asks for the token)", soft_wrap=True)
    _show_keys(one)
    console.print("`python storyworld.py status --keys` shows this again.")


def _show_keys(one: Standing) -> None:
    """As a shell takes them: for commands of this program, and for `ray job submit` and `serve deploy`."""
    if one.api is not None and one.api_keys is not None:
        key = next(iter(named_keys(one.api_keys.get_secret_value()).values()))
        console.print(f"    export STORYWORLD_URL={one.api} STORYWORLD_API_KEY={key}", soft_wrap=True)
    if one.dashboard is not None and one.token is not None:
        addresses = f"RAY_API_SERVER_ADDRESS={one.dashboard} RAY_DASHBOARD_ADDRESS={one.dashboard}"
        console.print(
            f"    export {addresses} RAY_AUTH_MODE=token RAY_AUTH_TOKEN={one.token.get_secret_value()}", soft_wrap=True
        )


def _answers(address: str) -> bool:
    with Client(address) as client:
        return client.is_ready()


def _age(age_s: float) -> str:
    minutes = int(age_s // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


COMMANDS = (up, status, down)
