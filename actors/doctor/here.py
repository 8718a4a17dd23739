"""The check-up of the machine on which somebody types: what no cluster can know of it."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from actors.doctor.facts import NodeFacts
from actors.doctor.looking import facts_here
from actors.doctor.node_checks import check_disks, check_listeners, check_token
from actors.running import found_system
from episodes.errors import StoryWorldError
from episodes.health import Finding, fine, warning, wrong
from settings import Settings

HERE = "here"
ADDRESS_FILE = Path("ray") / "ray_current_cluster"
"""Below the folder for temporary files; Ray's own commands and drivers take their cluster from it."""


def examine(settings: Settings, url: str | None) -> Iterator[Finding]:
    """This machine, and the system at `url` or of this home. Where one runs here, its API tells of this machine, too."""
    own = facts_here(HERE)
    try:
        with found_system(settings, url) as client:
            checkup = client.doctor()
    except StoryWorldError as error:
        yield wrong("system", error.message, error.hint or "`make serve` starts one; --url names one elsewhere.")
        yield from judged_here(own, settings, Path(tempfile.gettempdir()))
        return
    yield fine("system", f"StoryWorld at {client.url} answers.")
    yield check_same_code(own.code_version, checkup.code_version)
    if url is None:
        yield check_address_file(Path(tempfile.gettempdir()) / ADDRESS_FILE)
    else:
        yield from judged_here(own, settings, Path(tempfile.gettempdir()))
    yield from checkup.findings


def judged_here(facts: NodeFacts, settings: Settings, temp: Path) -> Iterator[Finding]:
    yield check_address_file(temp / ADDRESS_FILE)
    yield from check_disks([facts], settings.spool_max_gb * 1e9)
    if facts.listeners:  # a Ray runs here, whoever started it
        # this shell's RAY_AUTH_MODE says nothing of a Ray that runs already; what it answers without a token does
        yield from check_token([replace(facts, auth_mode="token")])
        yield from check_listeners([facts])


def check_address_file(path: Path) -> Finding:
    try:
        address = path.read_text().strip()
    except FileNotFoundError:
        return fine("address file", "None was left behind.")
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return fine("address file", f"{address} answers.")
    except (OSError, ValueError):
        what = f"{path} names a Ray at {address}, which does not answer: `ray` and drivers wait for it in vain."
        return warning("address file", what, f"rm {path}")


def check_same_code(here: str, there: str) -> Finding:
    if here == there:
        return fine("client", f"The same code as the API: {here}.")
    return warning(
        "client", f"The code here is {here}, the API's {there}.", "Bring both to the same, or expect new options to fail."
    )
