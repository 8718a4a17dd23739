"""What is tried when the device has no room."""

from __future__ import annotations

import pytest
import torch

from rendering.backends.animatediff.room import Room
from rendering.backends.memory import Memory


def a_memory(made_room: list[str]) -> Memory[Room]:
    return Memory(Room(windows_at_once=4, decode_chunk=8), when_short=lambda: made_room.append("made"))


def test_less_and_less_is_tried_until_it_fits_and_that_is_remembered() -> None:
    made_room: list[str] = []
    memory = a_memory(made_room)

    def work(room: Room) -> int:
        if room.windows_at_once > 1:
            raise torch.OutOfMemoryError("no room")
        return room.decode_chunk

    assert memory.fitting(work) == 2
    assert made_room == ["made", "made"]
    assert memory.shortages == [
        "No room for 4 windows and 8 decoded frames at once: now 2 windows and 4 decoded frames at once.",
        "No room for 2 windows and 4 decoded frames at once: now 1 windows and 2 decoded frames at once.",
    ]
    assert memory.fitting(lambda room: room.windows_at_once) == 1


def test_moving_models_in_and_out_is_the_last_resort_and_then_it_fails() -> None:
    memory = a_memory([])
    tried: list[Room] = []

    def work(room: Room) -> None:
        tried.append(room)
        raise torch.OutOfMemoryError("no room")

    with pytest.raises(torch.OutOfMemoryError):
        memory.fitting(work)

    assert [room.is_offloaded for room in tried] == [False] * 4 + [True]


@pytest.mark.parametrize(
    "said",
    [
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "Triton Error [CUDA]: out of memory",
    ],
)
def test_a_shortage_that_a_library_tells_in_its_own_words_is_one(said: str) -> None:
    memory = a_memory([])

    def work(room: Room) -> int:
        if room.windows_at_once > 2:
            raise RuntimeError(said)
        return room.windows_at_once

    assert memory.fitting(work) == 2
    with pytest.raises(torch.OutOfMemoryError, match="no matter how little"):
        memory.fitting(lambda _: hopeless())


def hopeless() -> None:
    raise RuntimeError("out of memory, no matter how little")


def test_any_other_error_is_not_taken_for_a_shortage() -> None:
    memory = a_memory([])

    def work(room: Room) -> None:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        memory.fitting(work)
    assert memory.shortages == []
