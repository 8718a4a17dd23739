"""The whole system as users meet it, on two CPUs: one running system for all tests of this file."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
import ray
from imageio_ffmpeg import get_ffmpeg_exe

from api.client import JsonObject
from tests.chat import Model, a_chat_server, good, refuses
from tests.on_ray.system import ROOT, System, eventually, running_system

RENDERER = "renderer:animatic:0"


PORT_OF_EVERY_JOB_AGENT = 52365
"""Unless one is told otherwise; the kernel gives it to anybody, too."""


@pytest.fixture(scope="module")
def writer() -> Iterator[tuple[str, Model]]:
    """A language model that writes what a test gives it to write, and refuses all else, which the offline planner tells then."""
    with a_chat_server() as (url, model):
        model.otherwise = refuses
        yield url, model


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, writer: tuple[str, Model]) -> Iterator[System]:
    home, llm = tmp_path_factory.mktemp("home"), writer[0]
    with (
        taken(PORT_OF_EVERY_JOB_AGENT),
        running_system(home, PLANNER="llm,offline", LLM_MODEL="tiny", LLM_BASE_URL=llm) as system,
    ):
        yield system


@contextmanager
def taken(port: int) -> Iterator[None]:
    """By us, or by whoever has it already."""
    with socket.socket() as held:
        with suppress(OSError):
            held.bind(("", port))
            held.listen()
        yield


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"Authorization": "Bearer another"}, 403)])
def test_who_brings_no_token_gets_nothing_out_of_ray_and_no_job_into_it(
    system: System, headers: dict[str, str], status: int
) -> None:
    with httpx.Client(base_url=system.addresses["dashboard"], headers=headers, trust_env=False) as stranger:
        answers = [stranger.get(path) for path in ("/api/version", "/nodes", "/api/jobs/", "/api/serve/applications/")]
        answers.append(stranger.post("/api/jobs/", json={"entrypoint": "true"}))

    assert [answer.status_code for answer in answers] == [status] * 5


def num_attempts(episode: JsonObject) -> list[int]:
    return [len(beat["attempts"]) for beat in episode["beats"]]


def test_an_intent_becomes_a_film(system: System) -> None:
    episode_id = system.submit()
    episode = system.wait_for_end(episode_id)

    assert episode["state"] == "COMPLETED"
    assert [b["state"] for b in episode["beats"]] == ["ACCEPTED"] * 3
    assert episode["progress"] == 100
    for beat in episode["beats"]:
        [video] = [a for a in beat["artifacts"] if a["type"] == "video"]
        assert (video["width"], video["height"], video["fps"], video["duration_s"]) == (128, 128, 12, 1.0)
        assert video["version"] == 1
        answer = httpx.get(system.client.url + video["url"], headers={"Range": "bytes=0-99"})
        assert (answer.status_code, len(answer.content)) == (206, 100)
    film = system.home / "film.mp4"
    system.client.save_film(episode_id, film)
    decoded = subprocess.run([get_ffmpeg_exe(), "-v", "error", "-i", film, "-f", "null", "-"], capture_output=True, check=True)
    assert decoded.stderr == b""


def test_a_language_models_plan_becomes_a_film_into_which_another_take_is_cut(
    system: System, writer: tuple[str, Model]
) -> None:
    """Its second beat starts from the first one's last frame."""
    writer[1].replies.append(good)
    episode_id = system.submit("Mika waves at a robot", num_beats=2)
    first = system.wait_for_end(episode_id)

    assert first["state"] == "COMPLETED"
    told = {"planner": "llm", "note": "", "model": "openai:tiny", "num_calls": 1, "input_tokens": 1000, "output_tokens": 200}
    assert {name: first["writing"][name] for name in told} == told
    assert first["beats"][1]["starts_from"] == "b1"

    takes = f"{system.client.url}/episodes/{episode_id}/beats/b1/takes"
    asked = httpx.post(takes, json={"count": 1}, headers={"Idempotency-Key": "one-more"}, timeout=30)
    assert asked.status_code == 202, asked.text
    made = eventually(lambda: next((one for one in httpx.get(takes).json()["takes"][1:] if one["state"] == "ACCEPTED"), None))
    assert system.client.episode(episode_id)["film"] == first["film"]
    clip = httpx.get(f"{takes}/2/video").content
    selected = httpx.post(f"{takes}/2/select", timeout=30).json()
    again = system.wait_for_end(episode_id)

    assert selected["difference"] == {
        "kept": [],
        "cancelled": [],
        "removed": [],
        "to_render": ["b2"],
        "film_to_recut": True,
    }
    shown = next(one for one in again["beats"][0]["artifacts"] if one["type"] == "video")
    assert (again["state"], again["film"]["version"]) == ("COMPLETED", first["film"]["version"] + 1)
    assert shown["sha256"] == made["artifacts"][0]["sha256"] == hashlib.sha256(clip).hexdigest()
    assert shown["sha256"] != first["beats"][0]["artifacts"][0]["sha256"]
    assert again["beats"][0]["seed"] == made["seed"]


def test_the_event_stream_tells_the_whole_story_and_tells_it_again(system: System) -> None:
    episode_id = system.submit()
    system.wait_for_end(episode_id)
    url = f"{system.client.url}/episodes/{episode_id}/events"

    def read(after: str | None = None) -> list[str]:
        headers = {"Last-Event-ID": after} if after else {}
        with httpx.stream("GET", url, headers=headers, timeout=30) as answer:
            return [line for line in answer.iter_lines() if line.startswith(("id:", "event:", "data:"))]

    first = read()
    ids = [line for line in first if line.startswith("id:")]
    assert ids == [f"id: {n}" for n in range(1, len(ids) + 1)]
    assert any("beat.accepted" in line for line in first)
    assert any("episode.completed" in line for line in first)
    assert [x for x in read() if not x.startswith("event: progress")][: len(ids)] == first[: len(ids)]
    assert f"id: {3}" not in read(after="3")


def test_the_dashboard_reads_like_the_story(system: System) -> None:
    names = {n["name"] for n in ray.util.list_named_actors(all_namespaces=True) if n["namespace"] == "storyworld"}

    assert {"coordinator", RENDERER} <= names
    assert any(n.startswith("publisher:") for n in names)


def test_operators_find_the_metrics_at_the_nodes_agent(system: System) -> None:
    [node] = ray.nodes()
    url = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    wanted = {
        "ray_storyworld_attempts_total",
        "ray_storyworld_queue_depth",
        "ray_storyworld_wait_seconds_bucket",
        "ray_storyworld_render_seconds_bucket",
        "ray_storyworld_publish_seconds_bucket",
    }

    def offered() -> bool:
        return wanted <= {line.split("{")[0] for line in httpx.get(url).text.splitlines()}

    assert eventually(offered)


def test_a_killed_renderer_costs_one_attempt_and_nothing_that_was_finished(system: System) -> None:
    episode_id = system.submit(num_beats=2, width=640, height=360, duration_s=6.0)
    eventually(lambda: system.status(RENDERER).attempt_id)
    system.kill(RENDERER)
    episode = system.wait_for_end(episode_id)

    assert episode["state"] == "COMPLETED"
    assert sorted(num_attempts(episode)) == [1, 2]
    [lost] = [a for b in episode["beats"] for a in b["attempts"] if a["state"] == "FAILED"]
    assert lost["failure_class"] == "crash"
    assert "died" in lost["reason"]


def test_a_killed_coordinator_is_replaced_and_renders_nothing_again(system: System) -> None:
    before = system.coordinator()
    episode_id = system.submit(num_beats=3, width=640, height=360, duration_s=4.0)
    eventually(lambda: system.status(RENDERER).attempt_id)
    system.kill("coordinator")
    episode = system.wait_for_end(episode_id)

    assert system.coordinator().holder != before.holder
    assert episode["state"] == "COMPLETED"
    assert num_attempts(episode) == [1, 1, 1]


def test_a_killed_publisher_is_replaced_and_stored_clips_are_not_rendered_again(system: System) -> None:
    episode_id = system.submit(num_beats=3, width=640, height=360, duration_s=4.0)
    publisher = system.publisher_name()
    eventually(lambda: any(b["state"] == "ACCEPTED" for b in system.client.episode(episode_id)["beats"]))
    eventually(lambda: system.status(publisher).shares)
    done = {b["beat_id"] for b in system.client.episode(episode_id)["beats"] if b["state"] == "ACCEPTED"}
    system.kill(publisher)
    episode = system.wait_for_end(episode_id)

    assert episode["state"] == "COMPLETED"
    assert all(len(b["attempts"]) == 1 for b in episode["beats"] if b["beat_id"] in done)
    reasons = [a["failure_class"] for b in episode["beats"] for a in b["attempts"] if a["state"] == "FAILED"]
    assert set(reasons) <= {"infra"}


def test_a_cancelled_episode_stops_its_renders_and_showed_how_they_looked(system: System) -> None:
    episode_id = system.submit(num_beats=3, width=640, height=360, duration_s=10.0)
    path = eventually(
        lambda: next((b["preview_url"] for b in system.client.episode(episode_id)["beats"] if b["preview_url"]), None)
    )
    preview = httpx.get(f"{system.client.url}{path}")
    system.client.cancel(episode_id)

    assert preview.headers["content-type"] == "image/jpeg"
    assert "no-store" in preview.headers["cache-control"]
    picture_HWC = cv2.imdecode(np.frombuffer(preview.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture_HWC is not None
    assert picture_HWC.shape[1] <= 320
    episode = system.wait_for_end(episode_id)

    assert episode["state"] == "CANCELLED"
    assert {b["state"] for b in episode["beats"]} <= {"CANCELLED", "ACCEPTED"}
    eventually(lambda: system.status(RENDERER).attempt_id is None)
    eventually(lambda: not system.status(system.publisher_name()).shares)


def test_several_episodes_at_once_all_become_films(system: System) -> None:
    ids = [system.submit(f"Mika waves at robot number {n}", num_beats=2) for n in range(4)]

    assert [system.wait_for_end(i)["state"] for i in ids] == ["COMPLETED"] * 4


def test_a_beat_that_starts_from_anothers_last_frame_is_rendered_after_it(system: System) -> None:
    episode_id = system.submit(num_beats=8)
    episode = system.wait_for_end(episode_id)
    accepted_at = {b["beat_id"]: b["attempts"][-1]["ended_at"] for b in episode["beats"]}
    began_at = {b["beat_id"]: b["attempts"][-1]["opened_at"] for b in episode["beats"]}
    pairs = [(earlier, b["beat_id"]) for b in episode["beats"] for earlier in b["depends_on"]]

    assert episode["state"] == "COMPLETED"
    assert pairs
    assert all(accepted_at[earlier] <= began_at[later] for earlier, later in pairs)


def test_the_command_line_is_a_client_of_the_running_system(system: System, tmp_path: Path) -> None:
    film = tmp_path / "out.mp4"
    environ = {**os.environ, "STORYWORLD_HOME": str(system.home)}
    command = [sys.executable, str(ROOT / "storyworld.py")]
    what = ["render", "Mika runs home", "--num-beats", "1", "--duration", "0.5", "--out", str(film)]
    done = subprocess.run([*command, *what], env=environ, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert film.stat().st_size > 1000
    wide = {**environ, "COLUMNS": "160"}
    listed = subprocess.run([*command, "episodes"], env=wide, capture_output=True, text=True, timeout=60)
    assert "Mika runs home" in " ".join(listed.stdout.split())
    shown = subprocess.run([*command, "worlds", "nowhere"], env=environ, capture_output=True, text=True, timeout=60)
    assert shown.returncode == 1
    assert "Traceback" not in shown.stdout + shown.stderr
    assert "nowhere" in shown.stdout


def test_a_ray_job_makes_a_film_and_its_log_can_be_read(system: System, tmp_path: Path) -> None:
    ray_cli = str(Path(sys.executable).with_name("ray"))
    film = tmp_path / "job.mp4"
    entrypoint = [
        "python",
        "storyworld.py",
        "render",
        "Mika sings",
        "--num-beats",
        "1",
        "--duration",
        "0.5",
        "--out",
        str(film),
    ]
    submit = [
        ray_cli,
        "job",
        "submit",
        "--address",
        system.addresses["dashboard"],
        "--working-dir",
        str(ROOT),
        "--",
        *entrypoint,
    ]
    done = eventually(lambda: submitted(submit), 200)

    assert done.returncode == 0, done.stdout + done.stderr
    assert film.stat().st_size > 1000
    assert "Mika" in done.stdout
    assert "100 %" in done.stdout


def submitted(command: list[str]) -> subprocess.CompletedProcess[str] | None:
    """None while Ray's job agent does not listen yet: on a busy machine it starts last."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    return None if "No available agent" in done.stderr else done


def audited(system: System, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "STORYWORLD_HOME": str(system.home)}
    command = [sys.executable, str(ROOT / "storyworld.py"), "audit", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300)


def test_after_all_of_this_nothing_is_wrong_open_or_left_over(system: System) -> None:
    system.wait_for_end(system.submit(num_beats=1))
    for _ in range(10):  # what was cancelled last may still be stopping
        done = audited(system, "--at-rest")
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stdout + done.stderr
    looked_at = {line.split()[1]: int(line.split()[2]) for line in done.stdout.splitlines() if line.startswith("ok ")}
    assert looked_at["artifacts"] > looked_at["decoding"] > looked_at["results"] // 2 > 0
    assert looked_at["leftovers"] >= 3  # the coordinator, a renderer and a publisher
    assert looked_at["nothing-open"] > 0


def test_audits_and_sweeps_of_a_system_at_work_find_nothing_wrong_and_take_nothing_that_anybody_needs(system: System) -> None:
    ids = [system.submit(f"Mika looks for robot number {n}", num_beats=3) for n in range(2)]
    for _ in range(2):  # an audit decodes every clip of this file's tests, and takes longer than the rest of these beats
        swept = system.client.sweep()
        assert (swept["strangers"], swept["num_elsewhere"]) == ([], 0)
        assert str(system.client.audit().violations) == "()"

    assert [system.wait_for_end(one)["state"] for one in ids] == ["COMPLETED"] * 2
    system.client.sweep()
    assert system.client.sweep()["num_orphans"] == 0
    assert str(system.client.audit().violations) == "()"


def test_an_audit_names_the_beat_whose_clip_was_damaged(system: System) -> None:
    episode_id = system.submit(num_beats=1)
    [beat] = system.wait_for_end(episode_id)["beats"]
    [uri] = [a["uri"] for a in beat["artifacts"] if a["type"] == "video"]
    clip = Path(uri.removeprefix("file://"))
    whole = clip.read_bytes()
    clip.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))

    done = audited(system, episode_id)
    clip.write_bytes(whole)

    assert done.returncode == 1
    assert f"episodes/{episode_id}/beats/{beat['beat_id']}/video/" in done.stdout
    assert "WRONG  artifacts" in done.stdout
    assert audited(system, episode_id).returncode == 0
