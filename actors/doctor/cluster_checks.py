"""What is wrong with what the whole cluster shares: database, artifact store, coordinator, Serve and keys."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from actors.doctor.facts import ServeFacts
from api.keys import is_loopback
from episodes.episode_store import EpisodeStore
from episodes.errors import StoryWorldError
from episodes.health import Finding, fine, found, warning, wrong
from episodes.ports import ArtifactStore

MAX_SAID = 200
"""Characters of what somebody else reports: a traceback tells no more here."""


def check_database(episodes: EpisodeStore) -> Iterator[Finding]:
    """Database and, from the lease in it, coordinator."""
    try:
        lease = episodes.lease_holder()
    except StoryWorldError as error:
        yield wrong("database", error.message, error.hint or "Is it running, and does DATABASE_URL name it?")
        return
    yield fine("database", "It answers.")
    if lease is not None and lease[1] > 0:
        yield fine("coordinator", f"{lease[0]} leads.")
    else:
        remedy = "It takes over by itself within seconds; if not, the log of the actor `coordinator` says why."
        yield wrong("coordinator", "Nobody leads the fleet.", remedy)


def check_storage(artifacts: ArtifactStore) -> Finding:
    """Store a few bytes, read them back, delete them."""
    data = uuid.uuid4().hex.encode()
    key = f"doctor/{data.decode()}.json"
    try:
        stored = artifacts.put_bytes(key, data, "application/json")
        came_back = artifacts.get_bytes(key)
        artifacts.delete(key)
        is_left = artifacts.head(key) is not None
    except StoryWorldError as error:
        return wrong("storage", error.message, error.hint or "Look at S3_ENDPOINT, S3_BUCKET and the keys' rights.")
    if came_back != data:
        return wrong("storage", f"{key} came back with other bytes than were stored.", "Nothing stored there can be trusted.")
    if is_left:
        return warning("storage", f"{key} is there after it was deleted.", "Give the keys the right to delete: sweeps need it.")
    return fine("storage", f"Stored, read back and deleted: {stored.uri.rpartition('/doctor/')[0] or stored.uri}.")


def check_keys(num_keys: int, serve: ServeFacts) -> Finding:
    if num_keys:
        return fine("keys", f"The API asks for one of {num_keys}, on {serve.http_host}.")
    if is_loopback(serve.http_host):
        return fine("keys", f"None: the API is for this machine alone ({serve.http_host}).")
    return wrong("keys", f"The API listens on {serve.http_host} and asks for no key.", "Set API_KEYS and start it again.")


def check_serve(serve: ServeFacts) -> tuple[Finding, ...]:
    return found("serve", _ill(serve), otherwise=f"{', '.join(serve.applications)}: running.")


def _ill(serve: ServeFacts) -> Iterator[Finding]:
    for name, (status, said) in serve.applications.items():
        if status != "RUNNING":
            what = f"The application {name} is {status}: {said[:MAX_SAID] or 'it does not say why'}."
            yield wrong("serve", what, "`serve status` and the replicas' logs say more.")
    for node, status in serve.proxies.items():
        if status != "HEALTHY":
            what = f"The HTTP proxy of node {node} is {status}."
            yield wrong("serve", what, "Serve starts it again; if not, its log is in Ray's session folder under serve/.")
    if len(serve.proxies) > 1:
        what = f"Serve listens on {len(serve.proxies)} nodes, and each keeps its machine from being given back."
        yield warning("serve", what, "Set `proxy_location: HeadOnly`, as `storyworld.py manifest serve` writes it.")


def check_sharing(num_nodes: int, *, is_for_one_node: bool) -> tuple[Finding, ...]:
    if not is_for_one_node or num_nodes < 2:
        return ()
    what = f"There are {num_nodes} nodes, but SQLite or a local folder is for one machine: only the head works."
    return (warning("sharing", what, "Set DATABASE_URL to PostgreSQL, LOCAL_MODE=false and S3_BUCKET."),)
