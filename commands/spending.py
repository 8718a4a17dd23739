"""`estimate` and `budget`: what an episode will take, and what it may cost, from a shell."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from actors import running
from api.client import JsonObject
from commands.options import EpisodeId, Url
from settings import load_settings

console = Console(highlight=False)


def estimate(episode: EpisodeId, url: Url = None) -> None:
    """What a planned episode will take: seconds of renderers and US dollars, and where each figure is from."""
    with running.found_system(load_settings(), url) as client:
        tell_estimate(client.estimate(episode))


def budget(
    episode: EpisodeId,
    dollars: Annotated[str, typer.Argument(help="US dollars that it may cost in all: 5, 0.50; none: no limit.")],
    url: Url = None,
) -> None:
    """Set what an episode may cost; what waits for that goes on."""
    with running.found_system(load_settings(), url) as client:
        funds = client.set_budget(episode, None if dollars == "none" else dollars)
    limit = "no limit" if funds["budget"] is None else f"${funds['budget']}, ${funds['left']} left"
    console.print(f"Budget: {limit}; spent ${funds['spent']}, reserved ${funds['reserved']}.")


def tell_estimate(told: JsonObject) -> None:
    """One line for each beat, their sum, and the budget where there is one."""
    for one in (*told["beats"], {**told, "beat_id": "all", "backend": ""}):
        seconds, cost, at_most = one["seconds"], one["cost"], one["at_most"]
        took = "unknown" if seconds["value"] is None else f"{seconds['value']:.0f} s"
        price = "unknown" if cost["value"] is None else f"${cost['value']} {cost['certainty']}"
        reserved = "nobody knows how much to reserve" if at_most is None else f"at most ${at_most} reserved"
        line = f"  {one['beat_id']:<4} {one['backend']:<12} {took:>8}   {price}: {cost['source']}; {reserved}"
        console.print(escape(line), soft_wrap=True)
    funds = told["funds"]
    if funds["budget"] is not None:
        console.print(f"  Budget: ${funds['budget']}, of which ${funds['left']} is left.")


COMMANDS = (estimate, budget)
