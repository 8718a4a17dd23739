"""The contract of VideoBackend, kept by every backend that runs without a GPU and by the one that CONTRIBUTING.md shows."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import cycle, pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from episodes.job import RenderJob, StartFrame
from episodes.plan import Beat, CameraMove, Format, ShotSize, TimeOfDay
from episodes.world import Picture, PictureKind
from rendering.backend import Frames, Keyframes, VideoBackend
from rendering.backends import BackendRecipe, known_backends, open_backend
from rendering.previewing import MAX_BYTES, MAX_SIDE
from rendering.renderer import Renderer
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import TINY, a_beat, a_character, a_job, a_place
from tests.clips import FakeControl, a_stored_clip
from tests.contract.contributing import example


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A backend under contract, and which of the offers it takes up."""

    open: Callable[[], VideoBackend]
    looks_at_pictures: bool = True
    """Draws people and places as the world's pictures show them."""
    goes_on_from_a_frame: bool = True
    """A beat that starts from another's last frame begins with that very picture."""
    shows_previews: bool = True


def _known(name: str) -> VideoBackend:
    return open_backend(BackendRecipe(name=name))


KINDS = {
    "animatic": Kind(open=lambda: _known("animatic")),
    "stub": Kind(open=lambda: _known("stub")),
    "testcard": Kind(
        open=example("rendering/backends/testcard.py").TestcardBackend,
        looks_at_pictures=False,
        goes_on_from_a_frame=False,
        shows_previews=False,
    ),
}

ELSEWHERE = {
    "animatediff": "tests/models/test_animatediff_contract.py",
    "diffusers": "tests/models/test_diffusers_contract.py",
    "openai-video": "tests/contract/test_bought_backends.py",
    "svd": "tests/models/test_diffusers_contract.py",
    "veo": "tests/contract/test_bought_backends.py",
}
"""Backends whose libraries take seconds to import, or that need a server: the same tests, in processes of their own."""

WIDE, TALL = Format(width=96, height=64, fps=24), Format(width=64, height=96, fps=25)
SHAPES = ((TINY, 0.5), (TINY, 2.7), (WIDE, 1.0), (TALL, 0.5), (TALL, 1.0), (Format(width=66, height=98, fps=1), 0.5))
"""Formats and durations; the last one makes a clip of a single frame."""
STORY = tuple(
    a_beat(i, shot_size=size, camera_move=move, time_of_day=hour, duration_s=0.5)
    for i, (size, move, hour) in enumerate(zip(cycle(ShotSize), CameraMove, cycle(TimeOfDay)))
)


@dataclass
class Pictures:
    """A PictureSource over files by key. Remembers what it was asked for; an unknown key cannot be had."""

    files: dict[str, Path] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def path(self, key: str, sha256: str) -> Path:
        self.asked.append(key)
        if key not in self.files:
            raise RenderFailed(f"Cannot get {key!r} from the store.", FailureClass.INFRA)
        return self.files[key]


class Diary(FakeControl):
    """A Control that also remembers in which order it was called."""

    def __init__(self, stop_at_check: int | None = None) -> None:
        super().__init__(stop_at_check=stop_at_check)
        self.calls: list[str] = []

    def check(self) -> None:
        self.calls.append("check")
        super().check()

    def report(self, share: float) -> None:
        self.calls.append("report")
        super().report(share)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def backend(kind: Kind) -> VideoBackend:
    return kind.open()


@pytest.fixture(scope="module")
def earlier_clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[StartFrame, Pictures]:
    """A clip that ends in a grey which nobody paints, and a source that has it."""
    folder, store = tmp_path_factory.mktemp("earlier"), MemoryArtifacts()
    stored = a_stored_clip(store, "earlier.mp4", folder, num_frames=8)
    path = folder / "earlier.mp4"
    store.get_file(stored.key, path)
    return StartFrame(video_key=stored.key, sha256=stored.sha256), Pictures(files={stored.key: path})


def drawn(
    backend: VideoBackend, job: RenderJob, *, control: FakeControl | None = None, pictures: Pictures | None = None
) -> Keyframes:
    """Through the renderer, which checks size, type, order and count of what a backend makes."""
    return Renderer(backend, pictures or Pictures()).render(job, control or FakeControl())


def same(one: Keyframes, other: Keyframes) -> bool:
    def rest(keyframes: Keyframes) -> tuple[object, ...]:
        return (keyframes.indices, keyframes.num_frames, keyframes.burn_in, keyframes.recipe)

    return np.array_equal(one.frames_THWC, other.frames_THWC) and rest(one) == rest(other)


def with_picture(kind: PictureKind, key: str = "gone.png") -> Beat:
    """A beat whose place, or whose only character, has one reference picture."""
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    picture = Picture(key=key, sha256=sha256, size_bytes=9, width=64, height=64, kind=kind)
    if kind is PictureKind.PLACE:
        return a_beat(duration_s=0.5, cast=(), place=a_place(references=(picture,)))
    [member] = a_beat().cast
    return a_beat(duration_s=0.5, cast=(member.model_copy(update={"character": a_character(references=(picture,))}),))


def test_every_backend_that_can_be_opened_is_under_contract() -> None:
    assert set(known_backends()) <= set(KINDS) | set(ELSEWHERE), "add it to KINDS above"
    assert all((Path(__file__).parents[2] / path).is_file() for path in ELSEWHERE.values())


@pytest.mark.parametrize(("film_format", "duration_s"), SHAPES)
def test_keyframes_fit_the_job_from_its_first_frame_to_its_last(
    backend: VideoBackend, film_format: Format, duration_s: float
) -> None:
    job = a_job(a_beat(duration_s=duration_s), film_format=film_format)

    keys = drawn(backend, job)

    assert keys.num_frames == job.num_frames
    assert (keys.indices[0], keys.indices[-1]) == (0, job.num_frames - 1)
    assert all(before < after for before, after in pairwise(keys.indices))
    assert keys.frames_THWC.shape == (len(keys.indices), film_format.height, film_format.width, 3)
    assert keys.frames_THWC.dtype == np.uint8
    assert keys.frames_THWC.flags.c_contiguous


@pytest.mark.parametrize("beat", STORY, ids=lambda b: f"{b.shot_size}, {b.camera_move}")
def test_every_shot_and_move_can_be_drawn(backend: VideoBackend, beat: Beat) -> None:
    assert drawn(backend, a_job(beat)).frames_THWC.std() > 1, "a picture, not one plain colour"


def test_a_beat_without_anybody_or_anything_can_be_drawn(backend: VideoBackend) -> None:
    bare = a_beat(cast=(), place=a_place("?", place_id="p", description="", palette=()), description="", prompt="", caption="")

    assert drawn(backend, a_job(bare)).num_frames == 8


def test_the_same_job_gives_the_same_bits_on_a_fresh_backend_and_on_one_that_drew_others(kind: Kind) -> None:
    job, warm = a_job(a_beat(camera_move=CameraMove.HANDHELD, duration_s=0.5)), kind.open()
    first = drawn(warm, job)
    drawn(warm, a_job(a_beat(4, camera_move=CameraMove.PAN_LEFT, duration_s=0.5), film_format=WIDE))

    assert same(first, drawn(warm, job))
    assert same(first, drawn(kind.open(), job))


def test_another_attempt_at_the_same_beat_gives_the_same_bits(backend: VideoBackend) -> None:
    beat = a_beat(camera_move=CameraMove.HANDHELD, duration_s=0.5)
    first = a_job(beat)
    second = a_job(beat, meta=first.meta.model_copy(update={"attempt": 2, "fence": 9}))

    assert first.job_id != second.job_id
    assert same(drawn(backend, first), drawn(backend, second))


def test_the_reported_share_rises_to_one(backend: VideoBackend) -> None:
    control = FakeControl()

    drawn(backend, a_job(), control=control)

    assert control.shares == sorted(control.shares)
    assert all(0 <= share <= 1 for share in control.shares)
    assert control.shares[-1] == 1.0


def test_small_pictures_show_how_the_beat_will_look(kind: Kind, backend: VideoBackend) -> None:
    control = FakeControl()

    drawn(backend, a_job(film_format=Format(width=512, height=256)), control=control)

    assert bool(control.shown) == kind.shows_previews
    for data in control.shown:
        picture = Image.open(io.BytesIO(data))
        assert picture.format == "JPEG"
        assert max(picture.size) <= MAX_SIDE
        assert len(data) <= MAX_BYTES


def test_no_step_is_taken_without_asking_first(backend: VideoBackend) -> None:
    control = Diary()

    backend.keyframes(a_job(), Pictures(), control)

    assert control.calls[0] == "check"
    assert all(pair != ("report", "report") for pair in pairwise(control.calls))


def test_whoever_is_told_to_stop_takes_no_step_more_and_can_be_used_again(kind: Kind) -> None:
    job, backend, whole = a_job(a_beat(duration_s=0.5)), kind.open(), Diary()
    wanted = kind.open().keyframes(job, Pictures(), whole)

    for at_check in range(1, whole.calls.count("check") + 1):
        control = Diary(stop_at_check=at_check)
        with pytest.raises(RenderCancelled):
            backend.keyframes(job, Pictures(), control)
        assert control.calls[-1] == "check", "it went on"
        assert control.calls == whole.calls[: len(control.calls)]

    assert same(backend.keyframes(job, Pictures(), FakeControl()), wanted)


def test_a_beat_that_goes_on_begins_with_the_earlier_beats_last_frame(
    kind: Kind, backend: VideoBackend, earlier_clip: tuple[StartFrame, Pictures]
) -> None:
    start, pictures = earlier_clip
    beat = a_beat(depends_on=("b0",), starts_from="b0", duration_s=0.5)
    plain = a_job(beat)
    going_on = plain.model_copy(update={"input": plain.input.model_copy(update={"start_frame": start})})

    keys = drawn(backend, going_on, pictures=pictures)

    assert keys.num_frames == plain.num_frames
    assert same(keys, drawn(kind.open(), going_on, pictures=pictures))
    shown = _middle(keys.frames_THWC[0])
    if kind.goes_on_from_a_frame:
        assert abs(shown.mean() - _LAST_GREY) < 4
        assert shown.std() < 4
    else:
        assert np.array_equal(keys.frames_THWC, drawn(backend, plain).frames_THWC)


@pytest.mark.parametrize("of", [PictureKind.SHEET, PictureKind.PORTRAIT, PictureKind.PLACE])
def test_a_picture_that_cannot_be_had_now_is_nobodys_fault(kind: Kind, backend: VideoBackend, of: PictureKind) -> None:
    """The beat is tried again later; it is not drawn without the picture."""
    pictures, job = Pictures(), a_job(with_picture(of))

    with pytest.raises(RenderFailed) if kind.looks_at_pictures else nullcontext() as caught:
        drawn(backend, job, pictures=pictures)

    assert pictures.asked == (["gone.png"] if kind.looks_at_pictures else [])
    assert caught is None or caught.value.failure_class is FailureClass.INFRA


@pytest.mark.parametrize("of", [PictureKind.SHEET, PictureKind.PLACE])
def test_a_picture_that_is_none_fails_the_beat_for_good(
    kind: Kind, backend: VideoBackend, of: PictureKind, tmp_path: Path
) -> None:
    spoilt = tmp_path / "spoilt.png"
    spoilt.write_bytes(b"no picture")
    job = a_job(with_picture(of, "spoilt.png"))

    with pytest.raises(RenderFailed) if kind.looks_at_pictures else nullcontext() as caught:
        drawn(backend, job, pictures=Pictures(files={"spoilt.png": spoilt}))

    assert caught is None or caught.value.failure_class is FailureClass.CONTENT


def test_a_failure_leaves_the_backend_as_good_as_new(kind: Kind, backend: VideoBackend) -> None:
    job = a_job(a_beat(duration_s=0.5))

    with pytest.raises(RenderFailed) if kind.looks_at_pictures else nullcontext():
        drawn(backend, a_job(with_picture(PictureKind.SHEET)))

    assert same(drawn(backend, job), drawn(kind.open(), job))


def test_keyframes_travel_between_processes(backend: VideoBackend) -> None:
    keys = drawn(backend, a_job(a_beat(duration_s=0.5)))

    assert same(pickle.loads(pickle.dumps(keys)), keys)
    assert keys.recipe["backend"]


_LAST_GREY = 4 + 4 * 7
"""Of `a_ramp`'s eighth frame."""


def _middle(frame_HWC: Frames) -> Frames:
    """Without the slate's strip at the top and the subtitle's at the bottom."""
    height = frame_HWC.shape[0]
    return frame_HWC[height // 4 : height // 2].astype(np.uint8)
