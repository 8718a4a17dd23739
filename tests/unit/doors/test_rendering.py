"""`storyworld.py render`, as far as it goes without a system: what it asks for, and what it tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

import storyworld
from api import money_examples
from api.client import JsonObject

FALLEN_BACK = "Rendered by animatic because svd could not: No GPU had room."


class ToldClient:
    """Answers as a system would whose first beat fell back."""

    url = "http://told"
    is_ours = False
    is_interrupted = False

    def __init__(self) -> None:
        self.asked: list[JsonObject] = []
        beat = {
            "beat_id": "b1",
            "description": "Mika runs.",
            "state": "ACCEPTED",
            "progress": 100,
            "waiting": "",
            "depends_on": [],
        }
        beats = [{**beat, "fallback_reason": FALLEN_BACK}, {**beat, "beat_id": "b2", "fallback_reason": ""}]
        self.episode: JsonObject = {
            "episode_id": "e1",
            "state": "COMPLETED",
            "progress": 100,
            "beats": beats,
            "contradictions": [],
            "writing": {"planner": "llm", "note": ""},
        }

    def create(self, intent: str, **fields: object) -> JsonObject:
        self.asked.append({"intent": intent, **fields})
        return self.episode

    def plan(self, episode_id: str) -> JsonObject:
        return self.episode

    def execute(self, episode_id: str, *, force: bool, fresh: bool) -> None:
        self.asked.append({"force": force})

    def estimate(self, episode_id: str) -> JsonObject:
        self.asked.append({"estimate": episode_id})
        return money_examples.ESTIMATE

    def follow(self, episode_id: str) -> Iterator[JsonObject]:
        if self.is_interrupted:
            raise KeyboardInterrupt
        yield self.episode

    def save_film(self, episode_id: str, out: Path) -> None:
        out.write_bytes(b"film")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> ToldClient:
    told = ToldClient()

    @contextmanager
    def running_system(url: str | None, cpus: int | None) -> Iterator[ToldClient]:
        yield told

    monkeypatch.setattr(storyworld, "running_system", running_system)
    return told


@pytest.mark.slow
def test_who_planned_instead_is_told_with_the_reason(client: ToldClient, tmp_path: Path) -> None:
    client.episode["writing"] = {"planner": "offline", "note": "llm: The language model openai:tiny has too many requests."}

    done = CliRunner().invoke(storyworld.cli, ["render", "Mika runs", "--out", str(tmp_path / "film.mp4")])

    assert done.exit_code == 0, done.output
    assert "Planned by offline. llm: The language model openai:tiny has too many requests." in done.output


@pytest.mark.slow
def test_a_film_that_could_not_be_written_is_not_begun(client: ToldClient, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    for out, said in ((tmp_path, "is a folder"), (tmp_path / "a file" / "film.mp4", "is no folder")):
        done = CliRunner().invoke(storyworld.cli, ["render", "Mika runs", "--out", str(out)])

        assert done.exit_code == 1
        assert said in " ".join(done.output.split())
    assert client.asked == []


@pytest.mark.slow
@pytest.mark.parametrize("asked", [[""], ["Mika runs", "--num-beats", "0"], ["no.fountain"]])
def test_what_cannot_be_asked_for_starts_no_system(
    client: ToldClient, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    started: list[object] = []
    monkeypatch.setattr(storyworld, "running_system", lambda *system: started.append(system))

    done = CliRunner().invoke(storyworld.cli, ["render", *asked])

    assert (done.exit_code, started) == (1, [])


@pytest.mark.slow
def test_fallbacks_are_asked_for_in_their_order_and_a_beat_that_fell_back_is_told(client: ToldClient, tmp_path: Path) -> None:
    given = ["render", "Mika runs", "--backend", "svd", "--fallback", "veo", "--fallback", "animatic"]

    done = CliRunner().invoke(storyworld.cli, [*given, "--out", str(tmp_path / "film.mp4")])

    assert done.exit_code == 0, done.output
    assert client.asked[0]["fallbacks"] == ["veo", "animatic"]
    said = " ".join(done.output.split())
    assert f"b1: {FALLEN_BACK}" in said
    assert "b2:" not in said


@pytest.mark.slow
def test_without_the_option_no_fallback_is_asked_for(client: ToldClient, tmp_path: Path) -> None:
    done = CliRunner().invoke(storyworld.cli, ["render", "Mika runs", "--out", str(tmp_path / "film.mp4")])

    assert done.exit_code == 0, done.output
    assert not client.asked[0]["fallbacks"]


DEAD: JsonObject = {
    "code": "dead-speaks",
    "severity": "error",
    "beat_id": "b2",
    "other_beat_id": "b1",
    "what": "Mika speaks in b2 and died in b1.",
    "suggestion": "Let somebody else say it.",
}


@pytest.mark.slow
def test_a_plan_that_contradicts_itself_is_told_and_not_rendered(client: ToldClient) -> None:
    client.episode["contradictions"] = [DEAD, {**DEAD, "severity": "warning", "what": "[b] in b1."}]

    done = CliRunner().invoke(storyworld.cli, ["render", "Mika runs"])

    assert done.exit_code == 1
    said = " ".join(done.output.split())
    assert "error dead-speaks Mika speaks in b2 and died in b1. → Let somebody else say it." in said
    assert "warning dead-speaks [b] in b1." in said
    assert "--force" in said
    assert {"force": False} not in client.asked


@pytest.mark.slow
def test_it_is_rendered_by_force_and_warnings_hold_nobody_up(client: ToldClient, tmp_path: Path) -> None:
    out = ["--out", str(tmp_path / "film.mp4")]
    client.episode["contradictions"] = [{**DEAD, "severity": "warning"}]
    assert CliRunner().invoke(storyworld.cli, ["render", "Mika runs", *out]).exit_code == 0

    client.episode["contradictions"] = [DEAD]
    assert CliRunner().invoke(storyworld.cli, ["render", "Mika runs", "--force", *out]).exit_code == 0

    assert [asked["force"] for asked in client.asked if "force" in asked] == [False, True]


@pytest.mark.slow
def test_with_a_budget_it_is_told_what_the_film_takes_before_it_is_rendered(client: ToldClient, tmp_path: Path) -> None:
    done = CliRunner().invoke(storyworld.cli, ["render", "Mika runs", "--budget", "5", "--out", str(tmp_path / "film.mp4")])

    assert done.exit_code == 0, done.output
    assert client.asked[0]["budget"] == "5"
    assert client.asked.index({"estimate": "e1"}) < client.asked.index({"force": False})
    said = " ".join(done.output.split())
    assert (
        "b1 animatediff 42 s $0.0208 estimated: price_per_hour, median of 12 accepted clips of this size; at most $0.06 reserved"
        in said
    )
    assert "b2 veo unknown $0.90 exact: price_per_s; at most $0.90 reserved" in said
    assert "Budget: $5.00, of which $5.00 is left." in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("is_ours", "url", "said"),
    [
        (False, [], "Episode e1 goes on at http://told. `python storyworld.py cancel e1` ends it."),
        (False, ["--url", "http://told"], "`python storyworld.py cancel e1 --url http://told` ends it."),
        (True, [], "Episode e1 stops where it is, and goes on when a system is next started: `make serve`. Then `python story"),
    ],
)
def test_whoever_presses_ctrl_c_is_told_what_becomes_of_the_episode(
    client: ToldClient, is_ours: bool, url: list[str], said: str
) -> None:
    client.is_ours, client.is_interrupted = is_ours, True

    done = CliRunner().invoke(storyworld.cli, ["render", "Mika runs", *url])

    assert done.exit_code == 130
    assert said in " ".join(done.output.split())
