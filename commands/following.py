"""`render`, once the episode is being rendered: how far it is, what holds it up, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from api.client import Client, JsonObject
from episodes.errors import Unavailable

NUM_LOOKS = 10
"""With the same answer, about 3 s, before it is told what a beat waits for: most are about to start."""

INTERRUPTED = 130
"""What shells have a program end with that was stopped by Ctrl-C."""

console = Console(highlight=False)


@contextmanager
def telling_what_becomes_of_it(client: Client, episode_id: str, url: str | None) -> Iterator[None]:
    """Ctrl-C ends the command, not the episode. `url`: what somebody named the system by, and has to name again."""
    try:
        yield
    except KeyboardInterrupt:
        cancel = f"`python storyworld.py cancel {episode_id}{f' --url {url}' if url else ''}`"
        if client.is_ours:
            told = f"Episode {episode_id} stops where it is, and goes on when a system is next started: `make serve`. Then {cancel} ends it."
        else:
            told = f"Episode {episode_id} goes on at {client.url}. {cancel} ends it."
        console.print(escape(told), soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None


def follow(client: Client, episode_id: str) -> JsonObject:
    """Progress bars until the episode has ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    hindrances = Hindrances()
    with Progress(*columns, console=console) as progress:
        bars: dict[str, TaskID] = {}
        whole = progress.add_task("film", total=100)
        episode: JsonObject = {}
        for episode in client.follow(episode_id):
            for beat in episode["beats"]:
                bar = bars.get(beat["beat_id"])
                if bar is None:
                    bar = bars[beat["beat_id"]] = progress.add_task(beat["beat_id"], total=100)
                progress.update(bar, completed=beat["progress"], description=f"{beat['beat_id']} {beat['state'].lower()}")
            progress.update(whole, completed=episode["progress"], description=f"film {episode['state'].lower()}")
            for told in hindrances.new_in(episode):
                progress.console.print(escape(told), soft_wrap=True)
        return episode


class Hindrances:
    """What beats wait for, each told once and of one beat. Who waits for other beats needs no word."""

    def __init__(self) -> None:
        self._num_looks: dict[str, int] = {}
        self._told: set[str] = set()

    def new_in(self, episode: JsonObject) -> list[str]:
        """ "b2: It waits for the episode's budget: …", of what has not been told yet."""
        accepted = {beat["beat_id"] for beat in episode["beats"] if beat["state"] == "ACCEPTED"}
        found: dict[str, str] = {}
        for beat in episode["beats"]:
            if beat["waiting"] and accepted.issuperset(beat["depends_on"]):
                found.setdefault(beat["waiting"], beat["beat_id"])
        self._num_looks = {why: self._num_looks.get(why, 0) + 1 for why in found}
        new = [why for why, num in self._num_looks.items() if num >= NUM_LOOKS and why not in self._told]
        self._told.update(new)
        return [f"{found[why]}: {why}" for why in new]


def finish(client: Client, episode: JsonObject, out: Path) -> None:
    """Fetch the film, and tell what is not as it was asked for. Raises Unavailable where there is none."""
    for beat in episode["beats"]:
        if beat["fallback_reason"]:
            console.print(f"{beat['beat_id']}: {escape(beat['fallback_reason'])}", style="yellow")
        if beat["state"] != "ACCEPTED":
            console.print(
                f"{beat['beat_id']} {beat['state'].lower()}: {escape(beat.get('reason') or 'no reason given')}", style="yellow"
            )
    if episode["state"] not in ("COMPLETED", "PARTIALLY_COMPLETED"):
        raise Unavailable(f"The episode ended as {episode['state']}.", episode.get("reason") or "")
    client.save_film(episode["episode_id"], out)
    console.print(f"Film: [bold]{out}[/bold]", soft_wrap=True)
