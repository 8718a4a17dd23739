from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from actors.doctor.here import ADDRESS_FILE, check_address_file, check_same_code, judged_here
from episodes.health import Verdict
from settings import Settings
from tests.unit.actors.doctor.test_node_checks import NODE, listener


@pytest.mark.slow
def test_an_address_that_a_dead_ray_left_is_found(tmp_path: Path) -> None:
    path = tmp_path / "ray_current_cluster"
    assert check_address_file(path).verdict is Verdict.OK

    with socket.create_server(("127.0.0.1", 0)) as ray:
        path.write_text(f"127.0.0.1:{ray.getsockname()[1]}\n")
        assert check_address_file(path).verdict is Verdict.OK
    finding = check_address_file(path)
    assert (finding.verdict, finding.remedy) == (Verdict.WARNING, f"rm {path}")

    path.write_text("nonsense")
    assert check_address_file(path).verdict is Verdict.WARNING


def test_a_client_of_other_code_is_told() -> None:
    assert check_same_code("v1", "v1").verdict is Verdict.OK
    assert check_same_code("v0", "v1").verdict is Verdict.WARNING


@pytest.mark.slow
def test_a_ray_of_this_machine_is_judged_by_what_it_answers_and_not_by_this_shell(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, storyworld_home=tmp_path)
    (tmp_path / ADDRESS_FILE).parent.mkdir()
    guarded, open_one = listener(), listener("/api/version")

    for listeners, wrong in (((), []), ((guarded,), []), ((guarded, open_one), ["token"])):
        facts = replace(NODE, auth_mode="", listeners=listeners)
        findings = list(judged_here(facts, settings, tmp_path))
        assert [one.name for one in findings if one.verdict is Verdict.WRONG] == wrong
