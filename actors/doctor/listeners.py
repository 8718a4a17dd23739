"""Which ports the processes of Ray and StoryWorld listen on, as Linux tells it, and which of them answer a stranger."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from actors.doctor.facts import Listener
from api.keys import is_loopback

PROC = Path("/proc")
LISTEN = "0A"  # the kernel's number of the state
DOORS = ("/api/version", "/episodes", "/metrics")
"""What answers there is a dashboard without a token, an API without keys, or metrics, which nobody guards."""
PATIENCE_S = 2.0
MARKS = ("ray::", "raylet", "gcs_server", "/ray/", "storyworld", "serve_app")
"""One of them stands in the command line of each process of Ray's and ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Socket:
    address: str
    port: int
    inode: str


def listeners_here(proc: Path = PROC) -> tuple[Listener, ...] | None:
    """None where there is no /proc to be read."""
    tables = [proc / "net" / "tcp", proc / "net" / "tcp6"]
    if not tables[0].exists():
        return None
    sockets = [socket for table in tables if table.exists() for socket in listening(table.read_text())]
    owners = dict(_owners(proc))
    found = {
        (socket.address, socket.port): Listener(
            address=socket.address,
            port=socket.port,
            process=owners[socket.inode],
            is_reachable=not is_loopback(socket.address),
        )
        for socket in sockets
        if socket.inode in owners
    }
    with ThreadPoolExecutor(8) as pool:
        return tuple(pool.map(_knocked_at, found.values()))


def listening(table: str) -> Iterator[Socket]:
    """The listening sockets of /proc/net/tcp or tcp6."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == LISTEN:
            address, _, port = fields[1].partition(":")
            yield Socket(address=_address(address), port=int(port, 16), inode=fields[9])


def _address(digits: str) -> str:
    """The kernel writes each 32 bits as the number that the machine reads there: on all that we run on, the last byte first."""
    words = (bytes.fromhex(digits[i : i + 8])[::-1] for i in range(0, len(digits), 8))
    address = ipaddress.ip_address(b"".join(words))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _owners(proc: Path) -> Iterator[tuple[str, str]]:
    """Inode of a socket → what its process is called, for processes of Ray and ours that this user may look into."""
    for folder in proc.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if not any(mark in word for word in words for mark in MARKS):
                continue
            links = [str(entry.readlink()) for entry in (folder / "fd").iterdir()]
        except OSError:  # it has ended, or belongs to somebody else
            continue
        for link in links:
            if link.startswith("socket:["):
                yield link[len("socket:[") : -1], _called(words)


def _called(words: list[str]) -> str:
    marked = next((word for word in words if any(mark in word for mark in MARKS)), words[0])
    return marked.strip() if "::" in marked else Path(marked).name


def _knocked_at(listener: Listener) -> Listener:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listener.address, listener.address)  # noqa: S104  # nothing is bound
    base_url = f"http://[{host}]:{listener.port}" if ":" in host else f"http://{host}:{listener.port}"
    return replace(listener, answers=frozenset(_answers(base_url)))


def _answers(base_url: str) -> Iterator[str]:
    """Without proxies, tokens or anything else of this process's environment."""
    with httpx.Client(base_url=base_url, timeout=PATIENCE_S, trust_env=False) as stranger:
        for path in DOORS:
            try:
                answer = stranger.get(path)
            except httpx.HTTPError:  # it speaks something else than HTTP: Ray's own calls, which the token guards
                return
            if answer.status_code == httpx.codes.OK and _is_it(path, answer):
                yield path


def _is_it(path: str, answer: httpx.Response) -> bool:
    """Whether what answers is what the path is known for; others answer everything."""
    signs: Mapping[str, str] = {"/api/version": "ray_version", "/episodes": '"episodes"', "/metrics": "# TYPE"}
    return signs[path] in answer.text
