"""Ray and the Serve application on this machine, for as long as somebody wants them."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass

import ray
from ray import serve
from ray.serve.config import HTTPOptions, ProxyLocation

from actors.names import NAMESPACE
from episodes.errors import Unavailable


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
    port: int,
    num_cpus: int | None,
    on_ray: Callable[[], object],
    on_ready: Callable[[Addresses], None],
) -> None:
    """Start Ray (or join the one that RAY_ADDRESS names) and serve until SIGINT or SIGTERM. `port` 0: a free one.

    `on_ray` is called as soon as there is a Ray, for what need not wait for the API; `on_ready` when the API answers.
    Raises Unavailable when the port is taken.
    """
    port = port or free_port()
    _refuse_taken(port)
    stopped = threading.Event()
    address = os.environ.get("RAY_ADDRESS", "local")
    # the dashboard's port is Ray's to choose: 8265, or the next one that is free
    own = {"num_cpus": num_cpus, "include_dashboard": True} if address == "local" else {}
    context = ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, **own)
    # after ray.init, which installs handlers of its own
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        on_ray()
        serve.start(proxy_location=ProxyLocation.HeadOnly, http_options=HTTPOptions(host="127.0.0.1", port=port))
        serve.run(application, name="storyworld", route_prefix="/")
        on_ready(
            Addresses(
                pid=os.getpid(),
                api=f"http://127.0.0.1:{port}",
                dashboard=f"http://{context.dashboard_url}",
                ray=context.address_info["gcs_address"],
            )
        )
        stopped.wait()
    finally:
        serve.shutdown()
        ray.shutdown()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Unavailable(
                f"Port {port} is taken by another program.", "Choose another one: `make serve PORT=8001`."
            ) from error
