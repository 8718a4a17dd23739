"""Ray and the Serve application on this machine, for as long as somebody wants them."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partialmethod

import ray
from ray import serve
from ray._private.parameter import RayParams
from ray.exceptions import RayError
from ray.serve.config import HTTPOptions, ProxyLocation
from ray.serve.context import _get_global_client

from actors.names import NAMESPACE
from episodes.errors import BadInput, Unavailable


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Where a running system is found."""

    pid: int
    api: str
    dashboard: str
    ray: str
    """Of the cluster, for RAY_ADDRESS."""

    def as_json(self) -> dict[str, str | int]:
        return asdict(self)


def serve_here(
    application: serve.Application,
    *,
    host: str,
    port: int,
    num_cpus: int | None,
    on_ray: Callable[[], object],
    on_ready: Callable[[Addresses], None],
) -> None:
    """Start Ray (or join the one that RAY_ADDRESS names) and serve until SIGINT or SIGTERM. `port` 0: a free one.

    `host` is the address on which the API listens, "0.0.0.0" and "::" for all of this machine's.

    `on_ray` is called as soon as there is a Ray, for what need not wait for the API; `on_ready` when the API answers.
    Raises Unavailable when the port is taken, or the API does not come up.
    """
    stopped = threading.Event()
    address = os.environ.get("RAY_ADDRESS", "local")
    # the dashboard's port is Ray's to choose: 8265, or the next one that is free
    own: dict[str, object] = {}
    if address == "local":
        own = {"num_cpus": num_cpus, "include_dashboard": True}
        port = _free(host, port)
    with _any_port_for_jobs():
        context = ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, **own)
    # after ray.init, which installs handlers of its own
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    if address != "local":
        port = _port_in_ray(host, port)
    try:
        on_ray()
        _start_api(application, HTTPOptions(host=host, port=port))
        on_ready(
            Addresses(
                pid=os.getpid(),
                api=f"http://{_as_reached_from_here(host)}:{port}",
                dashboard=f"http://{context.dashboard_url}",
                ray=context.address_info["gcs_address"],
            )
        )
        stopped.wait()
    finally:
        serve.shutdown()
        ray.shutdown()


@contextmanager
def _any_port_for_jobs() -> Iterator[None]:
    """The agent that takes `ray job submit` listens on 52365 unless told otherwise, which only `ray start` can be.

    A second Ray on the machine, or any connection that was given this port, and no job can be submitted for as long as the system runs.
    """
    as_it_was = RayParams.__init__
    RayParams.__init__ = partialmethod(as_it_was, dashboard_agent_listen_port=0)
    try:
        yield
    finally:
        RayParams.__init__ = as_it_was


def _port_in_ray(host: str, port: int) -> int:
    """A Serve that came back with its head has its port already. One that listens elsewhere is ended: it would go on doing so."""
    there = _get_global_client(raise_if_no_controller_running=False)
    if there is None:
        return _free(host, port)
    own = there.http_config
    if own.host == host and port in (0, own.port):
        return int(own.port)
    serve.shutdown()
    return _free(host, port)


def _start_api(application: serve.Application, http_options: HTTPOptions) -> None:
    try:
        serve.start(proxy_location=ProxyLocation.HeadOnly, http_options=http_options)
        serve.run(application, name="storyworld", route_prefix="/")
    except (RayError, TimeoutError, RuntimeError) as error:  # what Serve raises of a proxy or replica that does not come up
        reason = str(error).strip().splitlines()[-1]
        raise Unavailable(
            f"The API did not start: {reason}", "Try again; why is in /tmp/ray/session_latest/logs/serve."
        ) from error


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _as_reached_from_here(host: str) -> str:
    every = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # nothing is bound here
    return every.get(host) or (f"[{host}]" if ":" in host else host)


def _free(host: str, port: int) -> int:
    """The port, or any that is free. Raises Unavailable when it is taken, BadInput when the host is none of this machine's."""
    port = port or free_port()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise BadInput(f"{host} is no address of this machine ({error.strerror}).", "`--host 127.0.0.1` is.") from error
            raise Unavailable(
                f"Port {port} is taken by another program.", "Choose another one: `make serve PORT=8001`."
            ) from error
    return port
