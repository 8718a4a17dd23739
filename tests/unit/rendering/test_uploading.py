from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from episodes.errors import FailureClass, RenderCancelled, RenderFailed, Unavailable
from rendering.uploading import NUM_LANES, PATIENCE_S, Uploader
from tests.clips import FakeControl, FakeSleep, Outage, TroubledStore


@pytest.mark.slow
def test_an_outage_of_hours_costs_no_render() -> None:
    sleep = FakeSleep()
    store = TroubledStore(before=lambda key: Outage(num_failures=int(sleep.now < 2 * 3600))(key))

    Uploader(store, sleep=sleep, now_s=sleep.now_s).put_bytes("k", b"clip", "video/mp4", FakeControl())

    assert store.puts == ["k"]


def test_each_wait_says_what_the_store_said() -> None:
    sleep, store = FakeSleep(), TroubledStore(before=Outage(num_failures=2))

    with capture_logs() as said:
        Uploader(store, sleep=sleep, now_s=sleep.now_s).put_bytes("k", b"clip", "video/mp4", FakeControl())

    assert [(one["event"], one["num_tries"]) for one in said] == [("store.unavailable", 1), ("store.unavailable", 2)]
    assert "the store is down (k)" in said[0]["reason"]


@pytest.mark.parametrize(("patience_s", "at_most_s", "expected_s"), [(600, PATIENCE_S, 600), (PATIENCE_S, 90, 90)])
def test_patience_ends_at_the_shorter_of_two_limits(patience_s: float, at_most_s: float, expected_s: float) -> None:
    sleep = FakeSleep()

    def call() -> None:
        raise Unavailable("no")

    with pytest.raises(RenderFailed, match=f"for {expected_s} s") as ended:
        Uploader(TroubledStore(), patience_s=patience_s, sleep=sleep, now_s=sleep.now_s).patiently(
            call, FakeControl(), at_most_s=at_most_s
        )

    assert ended.value.failure_class is FailureClass.INFRA
    assert sleep.now <= expected_s


def test_a_few_calls_at_once_and_whoever_waits_for_them_can_be_cancelled() -> None:
    uploader, go_on = Uploader(TroubledStore()), threading.Event()
    with ThreadPoolExecutor(NUM_LANES) as pool:
        going = [pool.submit(uploader.patiently, go_on.wait, FakeControl()) for _ in range(NUM_LANES)]
        try:
            with pytest.raises(RenderCancelled):
                uploader.patiently(lambda: pytest.fail("no lane was free"), FakeControl(stop_at_check=2))
        finally:
            go_on.set()

    assert all(one.result() for one in going)
