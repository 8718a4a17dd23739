"""Which renderers a fleet is planned to have."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from actors.parts import plan_fleet
from actors.plan import FleetPlan, PublisherPlan, RendererPlan, plan_kind
from settings import load_settings


def planned(kind: str = "animatediff", backend: str | None = None, **options: str) -> RendererPlan:
    [renderer] = plan_kind(kind, backend=backend, num_cpus=1, num_gpus=1, options=options, version="v1").renderers
    return renderer


def test_a_renderer_with_other_options_is_another_version() -> None:
    assert planned().version == "v1"
    assert planned(tier="draft").version == planned(tier="draft").version
    assert len({planned().version, planned(tier="draft").version, planned(tier="master").version}) == 3


def test_a_renderer_of_another_backend_is_another_version() -> None:
    assert planned("cheap", "animatic").version != planned("cheap", "animatediff").version
    assert planned("animatediff", "animatediff").version == planned().version


def test_the_order_of_options_makes_no_difference() -> None:
    assert planned(tier="draft", model="a/b") == planned(model="a/b", tier="draft")


def test_all_are_always_there_where_nobody_says_how_few() -> None:
    kind = plan_kind("animatic", count=3, num_cpus=1, options={}, version="v1").kind

    assert (kind.min_count, kind.renderers) == (3, ("renderer:animatic:0", "renderer:animatic:1", "renderer:animatic:2"))
    assert plan_kind("animatic", count=3, min_count=0, num_cpus=1, options={}, version="v1").kind.min_count == 0


def test_slots_of_the_queue_reserve_next_to_nothing_and_know_their_deadline() -> None:
    kind = plan_kind("cloud", backend="animatediff", count=8, queue=True, deadline_s=60.0, num_cpus=1, options={}, version="v1")
    slot = kind.renderers[0]

    assert len(kind.renderers) == 8
    assert (slot.is_slot, slot.slot_deadline_s, slot.backend) == (True, 60.0, "animatediff")
    assert slot.num_cpus < 0.05
    assert not planned().is_slot


def test_a_slot_with_another_deadline_is_another_version() -> None:
    versions = {
        plan_kind("cloud", queue=queue, deadline_s=deadline_s, num_cpus=1, options={}, version="v1").renderers[0].version
        for queue, deadline_s in ((False, 60.0), (True, 60.0), (True, 90.0))
    }

    assert len(versions) == 3


def test_a_fleet_with_other_settings_is_led_by_another_coordinator() -> None:
    def fleet(count: int, num_slots: int = 2, version: str = "v1") -> FleetPlan:
        kind = plan_kind("animatic", count=count, num_cpus=1, options={}, version=version)
        publisher = PublisherPlan(version=version, num_slots=num_slots, spool_max_bytes=1)
        return FleetPlan(kinds=(kind,), publisher=publisher, is_for_one_node=True, version=version)

    assert fleet(1).fingerprint == fleet(1).fingerprint
    assert len({one.fingerprint for one in (fleet(1), fleet(2), fleet(1, num_slots=3), fleet(1, version="v2"))}) == 4


@pytest.mark.slow
def test_no_secret_goes_to_an_actor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments of actors are kept by Ray, and shown by its tools."""
    secrets = {
        "DATABASE_URL": "postgresql://me:hunter2-sql@db/story",  # pragma: allowlist secret
        "REDIS_URL": "redis://:hunter2-redis@queue",  # pragma: allowlist secret
        "S3_SECRET_KEY": "hunter2-s3",  # pragma: allowlist secret
        "API_KEYS": "mika:hunter2-of-the-api",  # pragma: allowlist secret
        "GEMINI_API_KEY": "hunter2-gemini",  # pragma: allowlist secret
        "OPENAI_VIDEO_API_KEYS": '{"http://localhost:8000/v1": "hunter2-video"}',  # pragma: allowlist secret
    }
    for name, value in {**secrets, "S3_ACCESS_KEY": "hunter2-id", "STORYWORLD_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    fleet = {"animatic": {}, "far": {"queue": True, "backend": "animatic"}, "veo": {"options": {"project": "films"}}}
    monkeypatch.setenv("STORYWORLD_FLEET", json.dumps(fleet))

    crosses = pickle.dumps(plan_fleet(load_settings()))

    assert b"renderer:far:0" in crosses
    assert b"hunter2" not in crosses
