"""What was told about a picture once is not paid for again."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from pydantic import SecretStr

from episodes.errors import Unavailable
from episodes.job import StoredFile
from planning.extraction.decode import decode
from planning.vision.asking import Refused
from planning.vision.remembering import MAX_LOOKS_AT_ONCE, NOT_ASKED, TOO_MANY, RememberingEyes, sight_key
from planning.vision.sight import Seen, Unseen
from storage.artifacts.memory import MemoryArtifacts
from tests.unit.planning.pictures import a_landscape, as_file
from tests.visions import A_MODEL, ToldModel, a_sight

PICTURE = decode(as_file(a_landscape()))
SEEN = Seen(sight=a_sight(), model="openai:a-vision-model")


def test_a_picture_is_asked_about_once_whoever_asks() -> None:
    artifacts, model = MemoryArtifacts(), ToldModel(a_sight())

    told = [RememberingEyes(model, artifacts).look(PICTURE) for _ in range(3)]

    assert told == [SEEN] * 3
    assert model.asked == [PICTURE.sha256]
    assert RememberingEyes(model, artifacts).recall(PICTURE.sha256) == SEEN


def test_many_at_once_ask_once() -> None:
    everybody = threading.Barrier(4)
    model = ToldModel(a_sight())
    eyes = RememberingEyes(model, MemoryArtifacts())
    told: list[Seen | Unseen] = []

    def look() -> None:
        everybody.wait(10)
        told.append(eyes.look(PICTURE))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert told == [SEEN] * 4
    assert len(model.asked) == 1
    assert not eyes._turns._held, "nothing is kept of who waited"


@pytest.mark.slow
def test_no_more_wait_for_a_model_than_may_and_what_is_known_is_told_at_once() -> None:
    others = [decode(as_file(a_landscape(sky=f"#0000{n:02x}"))) for n in range(MAX_LOOKS_AT_ONCE)]
    all_wait, may_go_on = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        all_wait.release()
        may_go_on.wait(10)

    model, artifacts = ToldModel(a_sight(), before=wait), MemoryArtifacts()
    RememberingEyes(ToldModel(a_sight()), artifacts).look(PICTURE)
    eyes = RememberingEyes(model, artifacts)
    threads = [threading.Thread(target=eyes.look, args=(picture,)) for picture in others]
    for thread in threads:
        thread.start()
    assert all(all_wait.acquire(timeout=10) for _ in others)

    told = eyes.look(decode(as_file(a_landscape(sky="#ff0000")))), eyes.look(PICTURE)
    may_go_on.set()
    for thread in threads:
        thread.join(10)

    assert told == (TOO_MANY, SEEN)
    assert isinstance(eyes.look(decode(as_file(a_landscape(sky="#ff0000")))), Seen), "there is room again"


def test_another_model_server_or_picture_is_asked_anew() -> None:
    artifacts = MemoryArtifacts()
    other_picture = decode(as_file(a_landscape(sky="#000000")))
    RememberingEyes(ToldModel(a_sight()), artifacts).look(PICTURE)

    for access, picture in (
        (replace(A_MODEL, model="another"), PICTURE),
        (replace(A_MODEL, base_url="http://elsewhere/v1"), PICTURE),
        (A_MODEL, other_picture),
    ):
        model = ToldModel(a_sight(), access=access)
        RememberingEyes(model, artifacts).look(picture)
        assert model.asked == [picture.sha256]


def test_a_refusal_is_an_answer_and_a_failure_is_none() -> None:
    artifacts = MemoryArtifacts()
    refusing = ToldModel(Refused(reason="It refused."))
    for _ in range(2):
        assert RememberingEyes(refusing, artifacts).look(PICTURE) == Refused(reason="It refused.")
    assert len(refusing.asked) == 1

    failing = ToldModel(Unseen(reason="It was busy."), a_sight(), access=replace(A_MODEL, model="busy"))
    eyes = RememberingEyes(failing, artifacts)
    assert eyes.look(PICTURE) == Unseen(reason="It was busy.")
    assert isinstance(eyes.look(PICTURE), Seen)


def test_what_was_never_told_is_not_recalled() -> None:
    model = ToldModel(a_sight())

    assert RememberingEyes(model, MemoryArtifacts()).recall("0" * 64) == NOT_ASKED
    assert model.asked == []


class FullStore(MemoryArtifacts):
    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
        raise Unavailable("The store does not answer.")


def test_a_store_that_takes_nothing_loses_no_answer() -> None:
    assert RememberingEyes(ToldModel(a_sight()), FullStore()).look(PICTURE) == SEEN


def test_a_broken_memory_is_asked_anew_and_goes_by_the_answer() -> None:
    artifacts, model = MemoryArtifacts(), ToldModel(a_sight())
    artifacts.put_bytes(sight_key(PICTURE.sha256, A_MODEL), b"{", "application/json")

    assert RememberingEyes(model, artifacts).look(PICTURE) == SEEN


def test_where_it_is_kept_tells_no_secret() -> None:
    with_key = replace(A_MODEL, api_key=SecretStr("hush"), base_url="https://user:hush@host/v1")

    assert "hush" not in sight_key("0" * 64, with_key)
    assert "hush" not in repr(replace(with_key, base_url=None))
