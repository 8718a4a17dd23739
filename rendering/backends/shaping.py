"""Shaping: from a clip's size, length and frame rate to what a model can make, and back. Pure."""

from __future__ import annotations

from math import ceil, sqrt


def size_near(width: int, height: int, *, multiple: int, least_pixels: int, most_pixels: int) -> tuple[int, int]:
    """A model's width and height for a clip's: of its aspect, as far as multiples allow, and of an area between the two."""
    area = min(max(width * height, least_pixels), most_pixels)
    ideal = sqrt(area * width / height)
    return _rounded(ideal, multiple), _rounded(area / ideal, multiple)


def at_own_speed(num_frames: int, fps: int, native_fps: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Indices in the clip and picks among the frames made, both ascending from 0; the last index is the clip's last frame."""
    num_keys = min(num_frames, max(2, ceil(num_frames / fps * native_fps)))
    if num_keys == 1:
        return (0,), (0,)
    indices = tuple(round(key * (num_frames - 1) / (num_keys - 1)) for key in range(num_keys))
    if fps >= native_fps:
        return indices, tuple(range(num_keys))
    return indices, tuple(round(index * native_fps / fps) for index in indices)


def stretched(num_frames: int, num_made: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The same for a clip that is longer than what a model can make: all of it, spread over the clip, and so in slow motion."""
    num_keys = min(num_frames, num_made)
    return _spread(num_frames, num_keys), _spread(num_made, num_keys)


def _spread(num_places: int, num_chosen: int) -> tuple[int, ...]:
    """So many of the places, the first and the last among them; at least 1 of each."""
    return tuple(round(one * (num_places - 1) / max(1, num_chosen - 1)) for one in range(num_chosen))


def _rounded(side: float, multiple: int) -> int:
    return max(1, round(side / multiple)) * multiple
