"""What is recorded and what is kept, with graphs that run their function again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from rendering.backends.animatediff.replaying import MOST_SHAPES, Predict, Recording, Replayer
from rendering.backends.animatediff.unet import Context


def predict(latents: torch.Tensor, times_C: torch.Tensor, context: Context) -> torch.Tensor:
    """Looks at all that it is given."""
    return latents * times_C.sum() + context.words_NTC.sum() + sum(part.sum() for part in context.pictures_NTC)


@dataclass
class FakeGraph:
    run: Callable[[], object]
    name: str

    def replay(self) -> None:
        self.run()

    def pool(self) -> str:
        return self.name


@dataclass
class FakeRecorder:
    """Remembers which sizes of latents were recorded, and in whose memory."""

    sizes: list[int] = field(default_factory=list)
    pools: list[str | None] = field(default_factory=list)

    def __call__(
        self, predict: Predict, latents: torch.Tensor, times_C: torch.Tensor, context: Context, *, pool: str | None
    ) -> Recording:
        self.sizes.append(latents.numel())
        self.pools.append(pool)
        kept, times_C, words = latents.clone(), times_C.clone(), context.words_NTC.clone()
        context = Context(words_NTC=words, pictures_NTC=tuple(part.clone() for part in context.pictures_NTC))
        predicted = torch.empty_like(kept)
        return Recording(
            graph=FakeGraph(lambda: predicted.copy_(predict(kept, times_C, context)), pool or f"pool {len(self.sizes)}"),
            latents=kept,
            times_C=times_C,
            context=context,
            predicted=predicted,
        )


def called(replayer: Replayer, size: int, value: float = 1.0, num_pictures: int = 1) -> torch.Tensor:
    pictures = (torch.full((1, num_pictures), value),)
    context = Context(words_NTC=torch.full((2, 3), value), pictures_NTC=pictures)
    return replayer(torch.full((size,), value), torch.full((4,), value), context)


def test_a_shape_is_recorded_once_and_replayed_with_whatever_it_is_given() -> None:
    recorder = FakeRecorder()
    replayer = Replayer(predict, recorder)

    answers = [float(called(replayer, 5, value)[0]) for value in (1.0, 2.0, 3.0)]

    assert answers == [4 + 6 + 1, 16 + 12 + 2, 36 + 18 + 3]
    assert recorder.sizes == [5]


def test_another_number_of_windows_or_pictures_is_another_shape() -> None:
    recorder = FakeRecorder()
    replayer = Replayer(predict, recorder)

    for size, num_pictures in ((5, 1), (10, 1), (10, 2)):
        called(replayer, size, num_pictures=num_pictures)

    assert recorder.sizes == [5, 10, 10]


def test_of_many_shapes_the_ones_that_were_used_last_are_kept_and_all_work_in_one_memory() -> None:
    recorder = FakeRecorder()
    replayer = Replayer(predict, recorder)
    for size in range(1, MOST_SHAPES + 1):
        called(replayer, size)
    called(replayer, 1)
    called(replayer, MOST_SHAPES + 1)
    recorder.sizes.clear()

    for size in (1, 3, MOST_SHAPES + 1):
        called(replayer, size)
    assert recorder.sizes == []

    called(replayer, 2)
    assert recorder.sizes == [2], "it had not been used for the longest time"
    assert recorder.pools == [None] + ["pool 1"] * (MOST_SHAPES + 1)


def test_what_was_forgotten_is_recorded_anew_in_memory_of_its_own() -> None:
    recorder = FakeRecorder()
    replayer = Replayer(predict, recorder)
    called(replayer, 5)

    replayer.forget()
    answer = called(replayer, 5, 2.0)

    assert float(answer[0]) == 16 + 12 + 2
    assert recorder.pools == [None, None]
