"""Colours: the palette of a picture, the light in it, and colours in words. All in CIE Lab, where distance is what one sees."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from episodes.world import Light
from planning.extraction.decode import Pixels

Lab = NDArray[np.float32]
"""L 0 to 100, a and b about -127 to 127; last axis 3."""

_MAX_SAMPLES: Final = 3_000
_NUM_CLUSTERS: Final = 8
_SAME: Final = 10.0  # ΔE below which two colours of a palette would be called the same
_MIN_SHARE: Final = 0.015

_NAMED: Final[dict[str, tuple[int, int, int]]] = {
    "black": (18, 18, 20), "dark grey": (70, 70, 74), "grey": (128, 128, 130), "light grey": (190, 192, 195), "white": (245, 245, 245),
    "red": (205, 35, 40), "dark red": (115, 22, 30), "orange": (238, 130, 40), "brown": (115, 74, 42), "beige": (222, 200, 165),
    "yellow": (245, 212, 55), "olive": (118, 122, 45), "green": (62, 155, 66), "dark green": (26, 75, 42), "light green": (160, 212, 140),
    "teal": (32, 125, 125), "turquoise": (75, 200, 200), "blue": (45, 95, 200), "dark blue": (28, 36, 85), "light blue": (150, 200, 238),
    "purple": (115, 60, 150), "violet": (165, 130, 215), "pink": (238, 150, 180),
}  # fmt: skip


def to_lab(rgb: Pixels) -> Lab:
    """sRGB, last axis 3, any shape before it."""
    import cv2

    flat = rgb.reshape(-1, 1, 3).astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(flat, cv2.COLOR_RGB2Lab), dtype=np.float32).reshape(rgb.shape)


def palette_of(rgb_N3: Pixels, *, num_colours: int = 6) -> tuple[str, ...]:
    """Dominant colours of these pixels, most frequent first; k-means with a fixed start, so the same for the same pixels."""
    if not len(rgb_N3):
        return ()
    step = max(1, len(rgb_N3) // _MAX_SAMPLES)
    rgb = rgb_N3[::step]
    lab = to_lab(rgb)
    labels = _clusters(lab)
    found: list[tuple[int, Lab, NDArray[np.float64]]] = []
    for label in np.unique(labels):
        members = labels == label
        found.append((int(members.sum()), lab[members].mean(axis=0), np.median(rgb[members], axis=0)))
    found.sort(key=lambda c: (-c[0], *c[1].tolist()))
    kept: list[tuple[Lab, str]] = []
    for count, centre, colour in found:
        is_new = all(float(np.linalg.norm(centre - other)) >= _SAME for other, _ in kept)
        if is_new and (count >= _MIN_SHARE * len(rgb) or not kept):
            kept.append((centre, as_hex(colour)))
    return tuple(colour for _, colour in kept[:num_colours])


def _clusters(lab: Lab) -> NDArray[np.int64]:
    """k-means; it starts from the most common colour and then from whatever lies farthest, weighted by how common it is."""
    bins, counts = np.unique(np.round(lab / 8).astype(np.int32), axis=0, return_counts=True)
    points = bins.astype(np.float32) * 8
    centres = [points[int(np.argmax(counts))]]
    for _ in range(min(_NUM_CLUSTERS, len(points)) - 1):
        nearest = np.min([np.linalg.norm(points - c, axis=1) for c in centres], axis=0)
        centres.append(points[int(np.argmax(nearest * np.sqrt(counts)))])
    middle = np.stack(centres)
    labels = np.zeros(len(lab), dtype=np.int64)
    for _ in range(12):
        labels = np.argmin(((lab[:, None, :] - middle[None]) ** 2).sum(axis=2), axis=1)
        middle = np.stack([lab[labels == k].mean(axis=0) if np.any(labels == k) else middle[k] for k in range(len(middle))])
    return labels


def light_of(rgb: Pixels) -> Light:
    """Dark is night; much red, pink or orange that is not bright is dusk; else day. Of the upper two thirds, where the sky would be."""
    rows, columns = (max(1, length // 200) for length in rgb.shape[:2])
    lab = to_lab(np.ascontiguousarray(rgb[: max(1, rgb.shape[0] * 2 // 3) : rows, ::columns]))
    brightness = float(lab[..., 0].mean())
    reddish = float((lab[..., 1] > 10).mean())
    is_bluish = float(lab[..., 2].mean()) < 0
    if brightness < 28 or (brightness < 36 and is_bluish):
        return Light.NIGHT
    return Light.DUSK if reddish > 0.45 and brightness < 75 else Light.DAY


def as_hex(rgb: NDArray[np.generic]) -> str:
    red, green, blue = (round(float(c)) for c in rgb)
    return f"#{red:02x}{green:02x}{blue:02x}"


def colour_word(colour: str) -> str:
    """The nearest of two dozen names: `#c02020` → "red"."""
    names = list(_NAMED)
    table = to_lab(np.array([_NAMED[name] for name in names], dtype=np.uint8))
    wanted = to_lab(np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)]], dtype=np.uint8))
    return names[int(np.argmin(np.linalg.norm(table - wanted, axis=1)))]
