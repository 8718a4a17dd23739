"""The command line, and what `ray job submit` runs: a client of the running system, which it starts where none runs."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from actors import running
from actors.environment import prepare_environment, refuse_kept_state, refuse_open_mesh
from api.client import Client, JsonObject, intent_or_screenplay
from api.keys import refuse_open_door
from api.wording import sentence
from cluster.errors import ClusterError
from commands import care, choosing, machines, spending, warming
from commands.beforehand import check_asked, check_out
from commands.following import finish, follow, telling_what_becomes_of_it
from commands.options import MAX_CPUS, MAX_PAGE, MAX_PORT, BeatId, EpisodeId, EpisodeOrQueue, Fresh, Url
from episodes.contradictions import Severity
from episodes.errors import BadInput, StoryWorldError
from episodes.lifecycle import EpisodeState
from settings import load_settings

P = ParamSpec("P")
T = TypeVar("T")

HERE = "127.0.0.1"

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="StoryWorld: one sentence and a world become a film.")
console = Console(highlight=False)


def tells_errors_plainly(command: Callable[P, T]) -> Callable[P, T]:
    """A user sees one sentence and what to do, never a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except (StoryWorldError, ClusterError) as error:
            # escaped: a message may say back what somebody typed, and brackets are rich's markup
            console.print(f"[red]{escape(sentence(error.message))}[/red] {escape(error.hint)}".rstrip(), soft_wrap=True)
            raise typer.Exit(1) from None

    return run


@cli.command()
@tells_errors_plainly
def render(
    intent: Annotated[
        str, typer.Argument(help='What happens: "Saitama fights a giant monster on a rooftop"; or a screenplay: kite.fountain.')
    ],
    world: Annotated[str | None, typer.Option(help="World id; none: the empty world.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the film goes; default: outputs/<episode>.mp4.")] = None,
    num_beats: Annotated[int | None, typer.Option(help="Default 3.")] = None,
    duration: Annotated[float | None, typer.Option(help="Seconds of each beat; default 5.")] = None,
    backend: Annotated[
        str | None, typer.Option(help="Kind of renderer; default: the first of the fleet that can work now.")
    ] = None,
    fallback: Annotated[list[str] | None, typer.Option(help="Kind for beats that would fail; repeatable, in order.")] = None,
    mode: Annotated[str | None, typer.Option(help="validate (512×512, default) or final (1280×720).")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed, another take.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Although the plan contradicts itself.")] = False,
    fresh: Fresh = False,
    budget: Annotated[str | None, typer.Option(help="US dollars that it may cost: 5, 0.50; none: no limit.")] = None,
    cpus: Annotated[
        int | None, typer.Option(min=1, max=MAX_CPUS, help="CPUs of a system that this command starts; default: all.")
    ] = None,
    url: Url = None,
) -> None:
    """Make a film of a sentence."""
    if out is not None:
        out = out.resolve()
        check_out(out)
    told, screenplay = intent_or_screenplay(intent)
    wanted: dict[str, object] = {"world_id": world, "num_beats": num_beats, "duration_s": duration, "mode": mode, "seed": seed}
    wanted |= {"screenplay": screenplay, "backend": backend, "fallbacks": fallback, "budget": budget}
    check_asked(intent=told, **wanted)
    with running_system(url, cpus) as client:
        created = client.create(told, **wanted)
        episode_id = created["episode_id"]
        console.print(f"Episode [bold]{episode_id}[/bold]  {client.url}/episodes/{episode_id}", soft_wrap=True)
        planned = client.plan(episode_id)
        if planned["writing"]["note"]:
            instead = f"Planned by {planned['writing']['planner']}. {planned['writing']['note']}"
            console.print(escape(instead), style="yellow", soft_wrap=True)
        for beat in planned["beats"]:
            console.print(f"  {beat['beat_id']}  {escape(beat['description'])}", style="dim")
        if budget is not None:
            spending.tell_estimate(client.estimate(episode_id))
        if _tell_contradictions(planned["contradictions"]) and not force:
            raise BadInput("The plan contradicts itself.", "Change it or the intent, or render it as it is: --force.")
        with telling_what_becomes_of_it(client, episode_id, url):
            client.execute(episode_id, force=force, fresh=fresh)
            episode = follow(client, episode_id)
        finish(client, episode, out or load_settings().outputs / f"{episode_id}.mp4")


def _tell_contradictions(contradictions: list[JsonObject]) -> bool:
    """True: there are errors among them."""
    for one in contradictions:
        style = "red" if one["severity"] == Severity.ERROR else "yellow"
        line = f"[{style}]{one['severity']:<7}[/{style}]  {one['code']:<16}  {escape(one['what'])}"
        console.print(f"{line}\n{'':27}→ {escape(one['suggestion'])}", soft_wrap=True)
    return any(one["severity"] == Severity.ERROR for one in contradictions)


@cli.command()
@tells_errors_plainly
def serve(
    port: Annotated[int, typer.Option(min=0, max=MAX_PORT, help="Of the HTTP API; 0: a free one.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address on which the API listens; any but this machine's own needs API_KEYS.")
    ] = HERE,
    cpus: Annotated[int | None, typer.Option(min=1, max=MAX_CPUS, help="CPUs that Ray may use; default: all.")] = None,
) -> None:
    """Start Ray and the HTTP API on this machine, until Ctrl-C."""
    settings = load_settings()
    refuse_open_door(host, has_keys=bool(settings.api_keys))
    refuse_open_mesh()
    refuse_kept_state()
    prepare_environment(settings.storyworld_home)

    from actors.coordinator import start_coordinator
    from actors.local import Addresses, serve_here
    from actors.parts import check_settings, plan_fleet
    from serve_app import app

    check_settings(settings)
    # a restarted system goes on rendering while its API is still starting
    plan = plan_fleet(settings)

    def ready(addresses: Addresses) -> None:
        running.write_note(settings.storyworld_home, addresses.as_json())
        _print_addresses(addresses.api, addresses.dashboard)
        console.print("Ctrl-C stops it.")

    with running.note_removed_at_end(settings.storyworld_home):
        serve_here(app, host=host, port=port, num_cpus=cpus, on_ray=lambda: start_coordinator(plan), on_ready=ready)


@cli.command()
@tells_errors_plainly
def worker(
    backend: Annotated[str | None, typer.Option(help="Its only one, opened at once; none: what beats ask for.")] = None,
    once: Annotated[bool, typer.Option("--once", help="One beat, then stop; ends with 1 when it failed.")] = False,
) -> None:
    """Render beats of a system elsewhere, whose Redis and S3 this machine can reach."""
    from actors.worker import run_worker

    tell = functools.partial(console.print, markup=False, soft_wrap=True)
    raise typer.Exit(run_worker(load_settings(), backend=backend, only_one=once, tell=tell))


@cli.command()
@tells_errors_plainly
def episodes(
    state: Annotated[
        EpisodeState | None,
        typer.Option(case_sensitive=False, metavar="STATE", help="Only those in this state: EXECUTING, COMPLETED, …"),
    ] = None,
    world: Annotated[str | None, typer.Option(help="Only those in this world.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_PAGE, help="How many at most.")] = 20,
    url: Url = None,
) -> None:
    """List episodes, newest first."""
    with running_system(url, None) as client:
        table = Table(Column("episode", no_wrap=True), "state", "%", "world", "intent", box=None, pad_edge=False)
        for one in client.episodes(state=state, world_id=world, limit=limit)["episodes"]:
            table.add_row(one["episode_id"], one["state"], str(one["progress"]), one["world_id"], escape(one["intent"]))
        console.print(table)


@cli.command()
@tells_errors_plainly
def worlds(
    world_id: Annotated[str | None, typer.Argument(help="Show this one whole.")] = None,
    history: Annotated[bool, typer.Option("--history", help="What became of it, newest first.")] = False,
    rollback: Annotated[int | None, typer.Option(help="Bring this revision of it back, as a new one.")] = None,
    url: Url = None,
) -> None:
    """List worlds; show one, or its history; bring back how it was."""
    if world_id is None and (history or rollback is not None):
        raise BadInput("--history and --rollback are about one world.", "Name it; `worlds` lists them.")
    with running_system(url, None) as client:
        if world_id is not None:
            _tell_world(client, world_id, history=history, rollback=rollback)
            return
        table = Table("world", "title", "revision", "source", "characters", "places")
        for one in client.worlds()["worlds"]:
            counts = (str(one["revision"]), one["source"], str(one["num_characters"]), str(one["num_places"]))
            table.add_row(one["world_id"], escape(one["title"]), *counts)
        console.print(table)


def _tell_world(client: Client, world_id: str, *, history: bool, rollback: int | None) -> None:
    if rollback is not None:
        now = client.roll_back_world(world_id, rollback)
        console.print(f"Revision {now['revision']} of {world_id} is as revision {rollback} was.", markup=False)
    if history:
        table = Table("revision", "when", "source", "what", box=None, pad_edge=False)
        for one in client.world_history(world_id)["revisions"]:
            table.add_row(str(one["revision"]), one["updated_at"][:19], one["source"], escape(one["what"]))
        console.print(table)
    elif rollback is None:
        console.print_json(data=client.world(world_id))


@cli.command()
@tells_errors_plainly
def lint(episode: EpisodeId, url: Url = None) -> None:
    """Say where an episode's plan, as it stands, contradicts itself. Ends with 1 when there are errors."""
    with found_system(url) as client:
        contradictions = client.continuity(episode)["contradictions"]
    if _tell_contradictions(contradictions):
        raise typer.Exit(1)
    if not contradictions:
        console.print("Nothing contradicts itself.")


@cli.command()
@tells_errors_plainly
def cancel(episode: EpisodeId, beat: BeatId = None, url: Url = None) -> None:
    """Stop an episode, or one beat of it; clips that are done stay."""
    with found_system(url) as client:
        _tell_moved(client, client.cancel(episode, beat), beat)


@cli.command()
@tells_errors_plainly
def retry(episode: EpisodeId, beat: BeatId = None, fresh: Fresh = False, url: Url = None) -> None:
    """Render a failed or cancelled beat again, or all that an episode has."""
    with found_system(url) as client:
        _tell_moved(client, client.retry(episode, beat, fresh=fresh), beat)


@cli.command()
@tells_errors_plainly
def pause(episode: EpisodeOrQueue = None, url: Url = None) -> None:
    """Hold an episode or the whole queue: what is being rendered is finished, nothing new starts."""
    with found_system(url) as client:
        if episode is None:
            client.pause_queue()
            console.print("The queue is paused; `resume` lets it go on.")
        else:
            _tell_state(client.pause(episode))


@cli.command()
@tells_errors_plainly
def resume(episode: EpisodeOrQueue = None, url: Url = None) -> None:
    """Go on with a paused episode, or with the whole queue."""
    with found_system(url) as client:
        if episode is None:
            client.resume_queue()
            console.print("The queue goes on.")
        else:
            _tell_state(client.resume(episode))


for command in (*care.COMMANDS, *machines.COMMANDS, *spending.COMMANDS, *choosing.COMMANDS, *warming.COMMANDS):
    cli.command()(tells_errors_plainly(command))


def _tell_moved(client: Client, moved: JsonObject, beat_id: str | None) -> None:
    if beat_id is not None:
        beats = client.episode(moved["episode_id"])["beats"]
        state = next((beat["state"] for beat in beats if beat["beat_id"] == beat_id), "no more in the plan")
        console.print(f"Beat {beat_id} is {state}.", markup=False, soft_wrap=True)
    _tell_state(moved)


def _tell_state(moved: JsonObject) -> None:
    console.print(f"Episode {moved['episode_id']} is {moved['state']}.", soft_wrap=True)


def found_system(url: str | None) -> AbstractContextManager[Client]:
    return running.found_system(load_settings(), url)


def running_system(url: str | None, cpus: int | None) -> AbstractContextManager[Client]:
    return running.running_system(load_settings(), url, cpus, Path(__file__).resolve(), console, _print_addresses)


def _print_addresses(api: str, dashboard: str) -> None:
    token = f"{Path(sys.executable).with_name('ray')} get-auth-token"
    console.print(f"API:           {api}/docs", soft_wrap=True)
    console.print(f"Ray dashboard: {dashboard}   (asks for a token: `{token}` prints it)", soft_wrap=True)


if __name__ == "__main__":
    cli()
