"""The real actors around renders that cost nothing but time, and publishers whose files carry their attempt's id."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import ray

from actors.coordinator import CoordinatorShell
from actors.fleet import RayFleet
from actors.names import COORDINATOR
from actors.parts import PICTURE_CACHE_BYTES, PublishingParts, claim_spool, open_artifacts
from actors.plan import FleetPlan, PublisherPlan, RendererPlan
from actors.publisher import PublisherShell
from actors.renderer import RendererShell
from episodes.job import RenderJob
from episodes.ports import Control, Fleet
from rendering.film import Cutter
from rendering.pictures import StoredPictures
from rendering.publishing import Publisher
from rendering.renderer import Renderer
from settings import load_settings
from tests.reliability.chaos.diary import Diary
from tests.reliability.chaos.processes import Role, sign_in
from tests.reliability.stamped import Act, StampedBackend, write_stamped_clip, write_stamped_film

STEP_S = 0.1
"""As a drawn frame: how often a render looks whether it was cancelled."""
LENGTHS_S = (0.2, 0.3, 0.5, 0.5, 0.8, 1.0, 2.0, 4.0)
"""How long a beat renders, by its seed: most are quick, and some run long enough to be hit."""


class Always(Mapping[str, Act]):
    """The same act for every beat."""

    def __init__(self, act: Act) -> None:
        self._act = act

    def __getitem__(self, beat_id: str) -> Act:
        return self._act

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class ChaosRendererShell(RendererShell):
    def _open(self, plan: RendererPlan) -> Renderer:
        settings = load_settings()
        sign_in(settings.storyworld_home, Role.RENDERER, plan.name)
        diary = Diary(settings.storyworld_home)

        def act(job: RenderJob, control: Control) -> None:
            diary.write("began", job.job_id, plan.name)
            try:
                _draw(LENGTHS_S[job.input.seed % len(LENGTHS_S)], control)
            finally:
                diary.write("ended", job.job_id, plan.name)

        pictures = StoredPictures(open_artifacts(settings), settings.spool / "pictures", max_bytes=PICTURE_CACHE_BYTES)
        return Renderer(StampedBackend(Always(act)), pictures)


def _draw(length_s: float, control: Control) -> None:
    began_s = time.monotonic()
    while (done_s := time.monotonic() - began_s) < length_s:
        control.check()
        control.report(done_s / length_s)
        time.sleep(STEP_S)


class ChaosPublisherShell(PublisherShell):
    def _open(self, plan: PublisherPlan) -> PublishingParts:
        settings = load_settings()
        sign_in(settings.storyworld_home, Role.PUBLISHER, f"publisher:{self._node}")
        artifacts = open_artifacts(settings)
        spool = claim_spool(settings.spool, plan.spool_max_bytes)
        return PublishingParts(
            publisher=Publisher(artifacts, spool, node=self._node, slots=self._slots, make_clip=write_stamped_clip),
            cutter=Cutter(artifacts, spool, node=self._node, make_film=write_stamped_film),
        )


class ChaosCoordinatorShell(CoordinatorShell):
    def _open_fleet(self, plan: FleetPlan) -> Fleet:
        sign_in(load_settings().storyworld_home, Role.COORDINATOR, COORDINATOR)
        return RayFleet(plan, renderer_actor=ChaosRendererActor, publisher_actor=ChaosPublisherActor)


ChaosRendererActor = ray.remote(concurrency_groups={"work": 2, "control": 2})(ChaosRendererShell)
ChaosPublisherActor = ray.remote(concurrency_groups={"work": 64, "control": 2})(ChaosPublisherShell)
ChaosCoordinatorActor = ray.remote(max_concurrency=4)(ChaosCoordinatorShell)
