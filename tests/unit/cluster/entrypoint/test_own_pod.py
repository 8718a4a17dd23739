from __future__ import annotations

import pytest

from cluster.entrypoint.own_pod import OwnPod, own_pod
from tests.runpod.desk import DeskWire
from tests.runpod.faults import Fault
from tests.unit.cluster.rig import Rig


@pytest.fixture
def pod(rig: Rig) -> OwnPod:
    """Of a worker that was ordered."""
    rig.create()

    def pause(pause_s: float) -> bool:
        rig.clock.sleep(pause_s)
        return True

    return OwnPod(rig.pod().id, DeskWire(rig.desk), pause)


def test_a_pod_deletes_itself(rig: Rig, pod: OwnPod) -> None:
    assert pod.delete()
    assert rig.pods() == []
    assert pod.delete(), "one that is gone is gone"


def test_an_api_that_is_away_for_minutes_is_waited_for(rig: Rig, pod: OwnPod) -> None:
    rig.desk.faults.add(Fault(method="DELETE", status=None, times=20))

    assert pod.delete()
    assert rig.pods() == []


def test_an_api_that_stays_away_is_given_up_after_half_an_hour(rig: Rig, pod: OwnPod) -> None:
    rig.desk.faults.add(Fault(method="DELETE", times=1000))

    assert not pod.delete()
    assert 1800 <= rig.clock.now_s() < 2400


def test_a_key_that_may_not_is_not_tried_again(rig: Rig, pod: OwnPod) -> None:
    rig.desk.faults.add(Fault(method="DELETE", status=403))

    assert not pod.delete()
    assert rig.desk.num_asked("DELETE") == 1


def test_whoever_is_asked_to_stop_meanwhile_stops(rig: Rig) -> None:
    rig.create()
    rig.desk.faults.add(Fault(method="DELETE", times=1000))

    assert not OwnPod(rig.pod().id, DeskWire(rig.desk), lambda _: False).delete()
    assert rig.desk.num_asked("DELETE") == 3


def test_elsewhere_than_at_runpod_there_is_no_pod_to_delete() -> None:
    assert own_pod({"RUNPOD_POD_ID": "", "RUNPOD_API_KEY": "x"}, lambda _: True) is None
