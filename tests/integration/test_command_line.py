"""What people do to episodes from a shell, against an API on loopback: it happens, and errors are a sentence."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.running import write_note
from api.client import Client
from api.keys import api_key
from episodes.effects import Effect, Happening
from episodes.health import fine, wrong
from episodes.lifecycle import BeatState, EpisodeState
from episodes.plan import Plan
from episodes.world import WorldSource
from tests.api.rig import Rig
from tests.builders import a_beat, a_plan, a_request, a_world
from tests.integration.shell import Shell, say, serving

NOBODY = "01990f6e-7c2a-7b1e-9d55-0a5f4f1c2b3d"


KEY = "the-key-of-mika-itself"  # pragma: allowlist secret


@pytest.fixture(scope="module")
def served() -> Iterator[Shell]:
    with serving(Rig()) as shell:
        yield shell


@pytest.fixture
def shell(served: Shell) -> Shell:
    served.rig.begin_anew()
    return served


def test_an_episode_is_paused_and_resumed(shell: Shell) -> None:
    episode_id = shell.executing()
    assert shell.run("pause", episode_id) == f"Episode {episode_id} is PAUSED."
    assert shell.rig.episodes.episode(episode_id).state is EpisodeState.PAUSED
    assert shell.run("resume", episode_id) == f"Episode {episode_id} is EXECUTING."
    assert not shell.rig.episodes.queue_is_paused()


def test_without_an_episode_the_whole_queue_is_paused_and_resumed(shell: Shell) -> None:
    assert shell.run("pause") == "The queue is paused; `resume` lets it go on."
    assert shell.rig.episodes.queue_is_paused()
    assert shell.run("resume") == "The queue goes on."
    assert not shell.rig.episodes.queue_is_paused()


def test_one_beat_or_all_that_ended_are_cancelled_and_retried(shell: Shell) -> None:
    episode_id = shell.executing()
    assert shell.run("cancel", episode_id, "b1").splitlines() == [
        "Beat b1 is CANCELLED.",
        f"Episode {episode_id} is EXECUTING.",
    ]
    assert shell.states(episode_id) == [BeatState.CANCELLED, BeatState.PENDING]
    assert shell.run("retry", episode_id, "b1").splitlines() == ["Beat b1 is PENDING.", f"Episode {episode_id} is EXECUTING."]
    assert shell.states(episode_id) == [BeatState.PENDING, BeatState.PENDING]

    assert shell.run("cancel", episode_id) == f"Episode {episode_id} is CANCELLED."
    assert shell.states(episode_id) == [BeatState.CANCELLED, BeatState.CANCELLED]
    assert shell.run("retry", episode_id) == f"Episode {episode_id} is EXECUTING."
    assert shell.states(episode_id) == [BeatState.PENDING, BeatState.PENDING]


@pytest.mark.parametrize("words", [("cancel",), ("cancel", "b1"), ("retry",), ("retry", "b1"), ("pause",), ("resume",)])
def test_an_unknown_episode_is_a_sentence(shell: Shell, words: tuple[str, ...]) -> None:
    command, *beat = words
    assert shell.refused(command, NOBODY, *beat) == f"There is no episode '{NOBODY}'."


def test_what_cannot_be_done_now_says_why(shell: Shell) -> None:
    episode_id = shell.rig.episodes.create(a_request()).episode_id
    assert f"Cannot pause episode {episode_id}: it is CREATED" in shell.refused("pause", episode_id)


@pytest.mark.parametrize("name", ["[/red]", "[bold", "../queue", "?x=1", "%2e%2e"])
def test_an_id_that_is_none_reaches_nothing_and_is_said_back_as_it_is(shell: Shell, name: str) -> None:
    assert shell.refused("pause", name).startswith(("There is no episode", "There is nothing at this path."))
    assert not shell.rig.episodes.queue_is_paused()


def test_brackets_in_a_story_are_brackets_in_the_list(shell: Shell) -> None:
    shell.rig.episodes.create(a_request(intent="[/b]"))
    assert "[/b]" in shell.run("episodes")


def test_episodes_are_listed_by_their_state_in_any_case(shell: Shell) -> None:
    shell.executing()
    shell.rig.episodes.create(a_request(intent="Mika sleeps"))
    for state in ("created", "CREATED"):
        listed = shell.run("episodes", "--state", state)
        assert "Mika sleeps" in listed
        assert "EXECUTING" not in listed


def test_a_plan_is_looked_at_for_contradictions(shell: Shell) -> None:
    store = shell.rig.episodes
    episode_id = store.create(a_request()).episode_id
    dies = Effect(happens=Happening.DIES, character_id="mika")
    beats = (a_beat(0), a_beat(1, effects=(dies,)), a_beat(2))
    store.save_plan(episode_id, Plan(beats=beats), 1)

    said = shell.refused("lint", episode_id).splitlines()
    assert said[0] == 'error    dead-acts         Mika acts in b3 ("looks around") and died in b2.'
    assert said[1].strip().startswith("→ Let Mika lie there")
    store.save_plan(episode_id, a_plan(3), 1)
    assert shell.run("lint", episode_id) == "Nothing contradicts itself."
    assert shell.refused("lint", NOBODY) == f"There is no episode '{NOBODY}'."


def test_an_audit_prints_each_check_with_its_count_and_fails_where_something_is_wrong(shell: Shell) -> None:
    episode_id = shell.executing()
    shell.rig.render_all(episode_id)
    shell.rig.cut_film(episode_id)
    shell.rig.store_results(episode_id)
    said = shell.run("audit")
    assert "ok     accepted-beats            2  A beat is accepted if" in said
    assert said.endswith("Nothing is wrong.")

    [key] = shell.rig.artifacts.keys(f"episodes/{episode_id}/beats/b2/video/")
    shell.rig.artifacts.delete(key)
    said = shell.refused("audit")
    assert f"         {key}: There is no such object." in said.splitlines()
    assert said.endswith("Violations: 1.")
    other = shell.executing()
    assert shell.run("audit", other, "--no-decode").endswith("Nothing is wrong.")
    shell.rig.open(other, "b1")
    assert "It is open, though nothing works any more." in shell.refused("audit", other, "--at-rest")
    assert shell.refused("audit", NOBODY) == f"There is no episode '{NOBODY}'."


def test_a_sweep_says_what_goes_and_what_nobody_knows(shell: Shell) -> None:
    episode_id = shell.executing()
    shell.rig.render_all(episode_id, fail=["b1"])
    [lost] = [a.attempt_id for b in shell.rig.episodes.episode(episode_id).beats for a in b.attempts if b.beat.beat_id == "b1"]
    orphan, stranger = (f"episodes/{episode_id}/beats/b1/video/{name}.mp4" for name in (lost, "[red]nobody"))
    for key in (orphan, stranger):
        shell.rig.store(key, b"clip", "video/mp4")

    said = [orphan, "Would be deleted: 1. Kept: 2.", f"Kept, though no attempt wrote it: {stranger}"]
    assert shell.run("sweep", "--dry-run").splitlines() == said
    said[1] = "Deleted: 1. Kept: 2."
    assert shell.run("sweep", episode_id).splitlines() == said
    assert shell.run("sweep").splitlines() == ["Deleted: 0. Kept: 2.", said[2]]
    assert shell.refused("sweep", NOBODY) == f"There is no episode '{NOBODY}'."


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:x", "'http://127.0.0.1:x' is no address"),
        ("http://[/b]", "StoryWorld at http://[/b] does not answer"),
        ("nonsense", "'nonsense' is no address: it does not begin with http"),
        ("localhost:8000", "'localhost:8000' is no address"),
        ("ftp://localhost", "'ftp://localhost' is no address"),
        ("http://", "'http://' is no address"),
        ("http://127.0.0.1:1", "StoryWorld at http://127.0.0.1:1 does not answer"),
    ],
)
def test_an_address_where_nobody_answers_is_a_sentence(url: str, said: str) -> None:
    code, output = say("pause", "--url", url)
    assert (code, output.splitlines()[0][: len(said)]) == (1, said)


def test_a_world_is_brought_back_from_its_history(shell: Shell) -> None:
    shell.rig.worlds.put("anime_world", a_world(title="spoiled"), WorldSource.STORED, what="Changed [title].")

    assert "Changed [title]." in shell.run("worlds", "anime_world", "--history")
    assert shell.run("worlds", "anime_world", "--rollback", "1") == "Revision 3 of anime_world is as revision 1 was."
    assert shell.rig.worlds.world("anime_world").world == a_world()
    assert shell.refused("worlds", "anime_world", "--rollback", "9").startswith("There is no revision '9'.")
    assert shell.refused("worlds", "--history").startswith("--history and --rollback are about one world.")


def test_something_else_at_the_address_is_no_storyworld(shell: Shell) -> None:
    code, said = say("worlds", "--url", f"{shell.url}/docs?")
    assert (code, said.split(".", 1)[0]) == (1, f"What answers at {shell.url}/docs? is not StoryWorld".split(".", 1)[0])


def test_nothing_is_started_only_to_be_paused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # taken, but nobody listens
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "serve.json").write_text(json.dumps({"api": f"http://127.0.0.1:{closed.getsockname()[1]}"}))
        monkeypatch.setenv("STORYWORLD_HOME", str(tmp_path))
        code, said = say("pause")
    assert (code, said) == (1, "No StoryWorld is running here. `make serve` starts one; --url names one elsewhere.")


def test_the_key_of_another_system_is_given_and_none_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYWORLD_HOME", str(tmp_path))
    monkeypatch.setenv("API_KEYS", KEY)
    with serving(Rig(keys=(api_key("mika", KEY),))) as there:
        assert there.refused("episodes").startswith("This call needs a key.")
        monkeypatch.setenv("STORYWORLD_API_KEY", KEY)
        assert "intent" in there.run("episodes")
        monkeypatch.setenv("STORYWORLD_API_KEY", KEY + "x")
        assert there.refused("pause").startswith("The key is not one of this system's.")


def test_the_system_of_this_home_is_given_one_of_its_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYWORLD_HOME", str(tmp_path))
    monkeypatch.setenv("API_KEYS", f"mika:{KEY}")
    with serving(Rig(keys=(api_key("mika", KEY),))) as here:
        write_note(tmp_path, {"api": here.url})
        assert say("pause") == (0, "The queue is paused; `resume` lets it go on.")


def test_the_api_is_not_opened_to_others_without_keys_nor_ray_without_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYWORLD_HOME", str(tmp_path))
    code, said = say("serve", "--host", "0.0.0.0")
    assert (code, said[:54]) == (1, "The API would listen on 0.0.0.0 without keys, open to ")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    code, said = say("serve")
    assert (code, said[:26]) == (1, "RAY_AUTH_MODE is disabled,")
    assert list(tmp_path.iterdir()) == []


def test_a_doctor_says_what_is_wrong_and_what_to_do_and_ends_with_1(shell: Shell) -> None:
    shell.rig.findings = (fine("database", "It answers."),)
    code, said = say("doctor", "--url", shell.url)
    assert f"ok       system        StoryWorld at {shell.url} answers." in said.splitlines()
    assert "ok       database      It answers." in said.splitlines()
    assert (code == 1) is any(line.startswith("wrong") for line in said.splitlines()), "of this machine, as it is"

    shell.rig.findings = (wrong("disk", "[b]/srv[/b] is full.", "Make room."),)
    code, said = say("doctor", "--url", shell.url)
    told = said.splitlines()
    place = told.index("wrong    disk          [b]/srv[/b] is full.")
    assert (code, told[place + 1].strip()) == (1, "→ Make room.")


def test_a_doctor_who_finds_no_system_still_looks_at_this_machine(tmp_path: Path) -> None:
    code, said = say("doctor", "--url", "http://127.0.0.1:1")
    names = [line.split()[1] for line in said.splitlines() if not line.startswith(" ")]
    assert (code, names[0]) == (1, "system")
    assert "disk" in names


def test_takes_are_asked_for_stopped_and_selected(shell: Shell) -> None:
    episode_id = shell.executing()
    shell.rig.render_all(episode_id)
    shell.rig.cut_film(episode_id)

    asked = shell.run("takes", episode_id, "b1", "--count", "3", "--seed", "41")
    shell.rig.render_take(episode_id, "b1", 2)
    stopped = shell.run("takes", episode_id, "b1", "--stop", "3")
    looked = shell.run("takes", episode_id, "b1", "--select", "2", "--dry-run")
    selected = shell.run("takes", episode_id, "b1", "--select", "2")

    assert asked.startswith("*   1  ACCEPTED")
    assert "2  PENDING    seed 41  of revision 1  No free renderer" in asked
    assert "3  CANCELLED" in stopped
    assert looked.startswith("It would be so: nothing to be rendered, the film is cut anew.")
    assert selected.startswith("Selected: nothing to be rendered, the film is cut anew.")
    assert "*   2  ACCEPTED   seed 41" in selected
    assert shell.rig.episodes.episode(episode_id).state is EpisodeState.EXECUTING
    assert "CANCELLED" in shell.refused("takes", episode_id, "b1", "--select", "3")
    assert "9" in shell.refused("takes", episode_id, "b1", "--stop", "9")
    assert "--select" in shell.refused("takes", episode_id, "b1", "--dry-run")


def test_versions_of_a_plan_are_listed_printed_and_brought_back(shell: Shell) -> None:
    episode_id = shell.executing()
    shell.rig.render_all(episode_id)
    shell.rig.cut_film(episode_id)
    with Client(shell.url) as client:
        client.revise(episode_id, "b1", description="Mika dances.")

    listed = shell.run("versions", episode_id)
    printed = shell.run("versions", episode_id, "1")
    looked = shell.run("versions", episode_id, "--restore", "1", "--dry-run")
    restored = shell.run("versions", episode_id, "--restore", "1")

    assert [line.split()[0] for line in listed.splitlines()] == ["version", "2", "1"]
    assert "beat b1 changed" in listed
    assert Plan.model_validate_json(printed) == a_plan(2)
    assert looked.startswith("It would be so: b1 to be rendered, the film is cut anew.")
    assert "restored version 1" not in looked
    assert restored.startswith("Restored: b1 to be rendered, the film is cut anew.")
    assert "restored version 1" in restored
    assert shell.rig.episodes.episode(episode_id).beats[0].beat.description == a_plan(2).beats[0].description
    assert shell.refused("versions", episode_id, "9").startswith("There is no plan version '9'.")
    assert shell.refused("versions", NOBODY).startswith("There is no episode")
    assert "--restore" in shell.refused("versions", episode_id, "--dry-run")


def test_more_versions_than_a_page_has_are_all_listed(shell: Shell) -> None:
    episode_id = shell.executing()
    with Client(shell.url) as client:
        for seed in range(51):
            client.revise(episode_id, "b1", seed=seed)

    listed = shell.run("versions", episode_id).splitlines()[1:]

    assert [int(line.split()[0]) for line in listed] == list(range(52, 0, -1))
