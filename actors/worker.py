"""A worker outside the cluster: what `python storyworld.py worker` puts together. It knows no Ray."""

from __future__ import annotations

import os
import platform
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from actors.logs import log_as_json
from actors.parts import claim_spool, open_artifacts, open_queue, renderer_of
from episodes.errors import Unavailable
from episodes.ports import ArtifactStore
from relay.worker import Worker
from rendering.publishing import Publisher
from rendering.renderer import Renderer
from rendering.studio import Studio
from rendering.uploading import Uploader
from settings import RendererSettings, Settings

STOP_S = 2.5
"""To finish or give back what is in hand; whoever stops a pod kills it after three."""
STORE_PATIENCE_S = 200.0
"""With a store that does not answer: then the beat fails here, before its slot takes this worker for stuck."""
LOOK_S = 0.5


def run_worker(settings: Settings, *, backend: str | None, only_one: bool, tell: Callable[[str], None]) -> int:
    """Until SIGTERM or Ctrl-C, or after one beat. Returns the exit status: 1 when that one failed.

    Raises BadInput or Unavailable when it cannot start.
    """
    name = f"{platform.node().lower() or 'worker'}-{uuid.uuid4().hex[:6]}"
    log_as_json(name)
    queue, artifacts = open_queue(settings), open_artifacts(settings)
    publisher = open_worker_publisher(settings, artifacts, name)
    tell(f"Worker {name} opens {backend or 'what its beats ask for'}.")

    def open_renderer(wanted: str) -> Renderer:
        of = settings.storyworld_fleet.get(wanted, RendererSettings())
        return renderer_of(settings, artifacts, of.backend or wanted, of.options)

    studio = Studio(open_renderer, publisher, name=name, gpu=os.environ.get("CUDA_VISIBLE_DEVICES"), only=backend)
    worker = Worker(queue, studio, name)
    if settings.local_mode:
        tell("LOCAL_MODE is true: only a system that shares this machine's outputs folder finds its clips.")
    tell(f"It takes beats from {settings.job_queue} at {queue.where}. Ctrl-C stops it.")
    was_good: list[bool] = []
    # in a thread, because a signal is only heard between two steps of the main one, and a GPU's step is long
    thread = threading.Thread(target=lambda: was_good.append(worker.run(only_one=only_one)), name="worker", daemon=True)
    with _stopped_by_signals(worker):
        thread.start()
        while thread.is_alive():
            thread.join(LOOK_S)
    if not was_good:
        raise Unavailable(f"The worker {name} died of an error that nobody foresaw.", "What it was stands above, in its log.")
    tell(f"Worker {name} has stopped.")
    return int(only_one and not was_good[0])


def open_worker_publisher(settings: Settings, artifacts: ArtifactStore, name: str) -> Publisher:
    """With a spool apart from those of a cluster on this machine. What a killed worker left there belongs to attempts that are over."""
    spool = claim_spool(settings.spool / "workers", int(settings.spool_max_gb * 1e9))
    publisher = Publisher(artifacts, spool, node=name, uploader=Uploader(artifacts, patience_s=STORE_PATIENCE_S))
    for entry in publisher.leftovers():
        entry.discard()
    return publisher


@contextmanager
def _stopped_by_signals(worker: Worker) -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        worker.stop()
        last = threading.Timer(STOP_S, _leave_at_once, args=[worker])
        last.daemon = True
        last.start()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave_at_once(worker: Worker) -> None:
    worker.let_go()
    os._exit(0)
