"""Every way to keep a head's state against every way to lose its Ray: `python -m tests.runpod.heads [PLACE] [DEATH]`.

Prints a line each. Ends with 1 when something that was warm did not outlive its head.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from tests.contract.redis_servers import PASSWORD, redis_server
from tests.contract.tls_line import tls_before
from tests.runpod.bare_head import bare_cluster, what_is_warm_outlives_the_head
from tests.runpod.processes import ProcessMachines

Setting = Mapping[str, str]


@contextmanager
def kept_in_redis(*, is_encrypted: bool) -> Iterator[Setting]:
    """A real Redis, and what the head's environment says of it."""
    with redis_server() as server, tempfile.TemporaryDirectory(prefix="tls") as folder:
        if not is_encrypted:
            yield {"STORYWORLD_GCS": server.url}
            return
        with tls_before(server.port, Path(folder)) as (port, authority):
            url = f"rediss://:{PASSWORD}@127.0.0.1:{port}"
            yield {"STORYWORLD_GCS": url, "STORYWORLD_GCS_CA_CERT": str(authority)}


PLACES: Mapping[str, Callable[[], AbstractContextManager[Setting]]] = {
    "RocksDB": lambda: nullcontext({"STORYWORLD_GCS": "rocksdb"}),
    "Redis": lambda: kept_in_redis(is_encrypted=False),
    "Redis over TLS": lambda: kept_in_redis(is_encrypted=True),
}
DEATHS: Mapping[str, Callable[[ProcessMachines, str], None]] = {
    "all of Ray": ProcessMachines.kill_all_but_the_first,
    "its GCS": lambda machines, pod_id: machines.kill_one(pod_id, "gcs_server"),
    "the container": ProcessMachines.restart,
}


def main(places: list[str], deaths: list[str]) -> int:
    if set(places) - set(PLACES) or set(deaths) - set(DEATHS):
        sys.stderr.write(f"PLACE is one of: {', '.join(PLACES)}. DEATH is one of: {', '.join(DEATHS)}.\n")
        return 2
    outcomes = [_told(place, death) for place in places for death in deaths]
    return int(not all(outcomes))


def _told(place: str, death: str) -> bool:
    began_s = time.monotonic()
    try:
        with PLACES[place]() as setting, bare_cluster(**setting) as cluster:
            what_is_warm_outlives_the_head(cluster, partial(DEATHS[death], cluster.machines))
    except AssertionError as error:
        said = f"LOST: {str(error).splitlines()[0]}"
    else:
        said = "outlived"
    sys.stdout.write(f"{place:<14}  kill -9 of {death:<13}  {time.monotonic() - began_s:5.0f} s  {said}\n")
    sys.stdout.flush()
    return said == "outlived"


if __name__ == "__main__":
    wanted = sys.argv[1:]
    sys.exit(main(wanted[:1] or list(PLACES), wanted[1:] or list(DEATHS)))
