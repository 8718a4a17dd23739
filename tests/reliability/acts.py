"""What can happen to a beat while it is being rendered, for House's `acts`."""

from __future__ import annotations

import time

from episodes.errors import FailureClass, RenderFailed
from episodes.job import RenderJob
from episodes.ports import Control
from tests.reliability.local_fleet import STEP_S, Killed
from tests.reliability.stamped import Act


def lasts(seconds: float) -> Act:
    """A slow beat; stops when told to."""

    def act(job: RenderJob, control: Control) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            control.check()
            time.sleep(STEP_S)

    return act


def hangs(num_attempts: int = 1_000_000) -> Act:
    """The first attempts come no further until they are told to stop."""

    def act(job: RenderJob, control: Control) -> None:
        while job.meta.attempt <= num_attempts:
            control.check()
            time.sleep(STEP_S)

    return act


def is_deaf(num_attempts: int = 1_000_000) -> Act:
    """The first attempts come no further, and do not listen either: their renderer has to be killed."""

    def act(job: RenderJob, control: Control) -> None:
        while job.meta.attempt <= num_attempts:
            control.report(0.0)
            time.sleep(STEP_S)

    return act


def fails(failure_class: FailureClass, num_attempts: int = 1_000_000) -> Act:
    """The first attempts fail."""

    def act(job: RenderJob, control: Control) -> None:
        if job.meta.attempt <= num_attempts:
            raise RenderFailed(f"Made to fail: {failure_class}.", failure_class)

    return act


def kills_its_renderer(num_attempts: int = 1_000_000) -> Act:
    """The first attempts take their renderer with them."""

    def act(job: RenderJob, control: Control) -> None:
        if job.meta.attempt <= num_attempts:
            raise Killed

    return act
