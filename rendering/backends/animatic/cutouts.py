"""Cut-outs: a character taken out of its reference picture, to be moved about the stage like a paper puppet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from episodes.errors import FailureClass, RenderFailed
from episodes.world import Box, Picture, PictureKind
from rendering.backends.animatic.pen import Rgba

Mask = NDArray[np.uint8]

_LONGEST = 1200  # pixels; a taller puppet than the frame gains nothing
_GRAB = 240  # pixels that GrabCut works at: a tenth of a second


@dataclass(frozen=True, kw_only=True, slots=True)
class Cutout:
    """`image` is cropped to the character; a bust ends at the chest, everything else stands on its feet."""

    image: Rgba
    is_bust: bool
    head: Box
    """In shares of the image."""

    @property
    def width(self) -> float:
        """Of one that is 1 high."""
        return float(self.image.shape[1] / self.image.shape[0])


def cut_out(picture: Picture, path: Path) -> Cutout | None:
    """The character in a reference picture; None when it cannot be told from its ground.

    Raises RenderFailed (content) when the file is no picture.
    """
    pixels = read_picture(path, picture.key)
    mask = _mask(pixels, picture)
    if mask is None:
        return None
    view = _one_view(mask, picture.faces)
    x, y, w, h = cv2.boundingRect(view)
    if w * h < 0.004 * mask.size or h < 8 or w < 4:
        return None
    rgba = _premultiplied(pixels, view)[y : y + h, x : x + w]
    head = _head(picture.faces, (x, y, w, h), mask.shape[:2])
    is_bust = picture.kind is PictureKind.PORTRAIT and (head.height > 0.28 or h < 1.25 * w)
    return Cutout(image=np.ascontiguousarray(rgba), is_bust=is_bust, head=head)


def read_picture(path: Path, key: str) -> Rgba:
    """RGBA, not premultiplied, at most 1200 pixels long. Raises RenderFailed (content)."""
    raw = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if raw is None:
        raise RenderFailed(
            f"{key!r} is not a picture that can be read.", FailureClass.CONTENT, "Upload it again as PNG or JPEG."
        )
    raw = raw if raw.dtype == np.uint8 else cv2.convertScaleAbs(raw, alpha=1 / 257)
    match raw.shape[2] if raw.ndim == 3 else 1:
        case 4:
            rgba = cv2.cvtColor(raw, cv2.COLOR_BGRA2RGBA)
        case 3:
            rgba = cv2.cvtColor(raw, cv2.COLOR_BGR2RGBA)
        case _:
            rgba = cv2.cvtColor(raw, cv2.COLOR_GRAY2RGBA)
    shrink = _LONGEST / max(rgba.shape[:2])
    if shrink < 1:
        rgba = cv2.resize(rgba, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return np.asarray(rgba, np.uint8)


def _mask(pixels: Rgba, picture: Picture) -> Mask | None:
    """What belongs to characters: by the alpha channel, else by the plain ground, else by GrabCut around the face."""
    alpha = pixels[..., 3]
    if float((alpha < 128).mean()) > 0.03:
        return alpha
    rgb = np.ascontiguousarray(pixels[..., :3])
    return _by_plain_ground(rgb) if _has_plain_ground(rgb) else _by_grab_cut(rgb, picture.faces)


def _border(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])


def _has_plain_ground(rgb: NDArray[np.uint8]) -> bool:
    border = _border(rgb).astype(np.int16)
    return float((np.abs(border - np.median(border, 0)).max(1) < 18).mean()) > 0.7


def _by_plain_ground(rgb: NDArray[np.uint8]) -> Mask:
    """Floods the ground from the whole border; what it does not reach is the character."""
    height, width = rgb.shape[:2]
    framed = cv2.copyMakeBorder(rgb, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=np.median(_border(rgb), 0).tolist())
    flooded = np.zeros((height + 4, width + 4), np.uint8)
    near = (14, 14, 14)
    cv2.floodFill(
        framed, flooded, (0, 0), (0, 0, 0), near, near, 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    )
    ground = flooded[2:-2, 2:-2]
    figure = cv2.erode(cv2.bitwise_not(ground), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(figure, (3, 3), 0), np.uint8)


def _by_grab_cut(rgb: NDArray[np.uint8], faces: tuple[Box, ...]) -> Mask | None:
    if not faces:
        return None
    shrink = min(1.0, _GRAB / max(rgb.shape[:2]))
    small = np.asarray(cv2.resize(rgb, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = small.shape[:2]
    face = max(faces, key=lambda f: f.width * f.height)
    marks = np.full((height, width), cv2.GC_BGD, np.uint8)
    _paint(marks, cv2.GC_PR_BGD, face, -1.0, -0.75, 2.0, 9.0)
    _paint(marks, cv2.GC_PR_FGD, face, -0.3, -0.45, 1.3, 1.35)
    _paint(marks, cv2.GC_PR_FGD, face, -0.8, 1.35, 1.8, 9.0)
    _paint(marks, cv2.GC_FGD, face, 0.15, 0.1, 0.85, 1.25)
    cv2.setRNGSeed(1)  # GrabCut throws dice when it clusters colours
    cv2.grabCut(small, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    figure = np.where((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    soft = cv2.GaussianBlur(cv2.medianBlur(figure, 5), (5, 5), 0)
    return np.asarray(cv2.resize(soft, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR), np.uint8)


def _paint(marks: Mask, value: int, face: Box, left: float, top: float, right: float, bottom: float) -> None:
    """Marks a rectangle that is given in widths and heights of the face."""
    height, width = marks.shape
    x0, x1 = (int(np.clip((face.x + k * face.width) * width, 0, width)) for k in (left, right))
    y0, y1 = (int(np.clip((face.y + k * face.height) * height, 0, height)) for k in (top, bottom))
    marks[y0:y1, x0:x1] = value


def _one_view(mask: Mask, faces: tuple[Box, ...]) -> Mask:
    """Of a sheet with several views the one with a face, else the biggest; all that touches nothing big is dropped."""
    solid = cv2.threshold(mask, 60, 255, cv2.THRESH_BINARY)[1]
    reach = max(1, mask.shape[0] // 160)
    solid = cv2.dilate(solid, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, found, stats, _ = cv2.connectedComponentsWithStats(solid)
    if count <= 2:
        return mask
    labels = np.asarray(found, np.int32)
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.float64)
    big = [i + 1 for i in range(count - 1) if areas[i] > 0.35 * areas.max()]
    chosen = min(big, key=lambda label: (not _holds_face(labels, label, faces), stats[label, cv2.CC_STAT_LEFT]))
    return np.asarray(np.where(labels == chosen, mask, 0), np.uint8)


def _holds_face(labels: NDArray[np.int32], label: int, faces: tuple[Box, ...]) -> bool:
    height, width = labels.shape
    return any(labels[int((f.y + f.height / 2) * (height - 1)), int((f.x + f.width / 2) * (width - 1))] == label for f in faces)


def _premultiplied(pixels: Rgba, mask: Mask) -> Rgba:
    out = np.empty_like(pixels)
    share = mask.astype(np.uint16)[..., None]
    out[..., :3] = (pixels[..., :3] * share + 127) // 255
    out[..., 3] = mask
    return out


def _head(faces: tuple[Box, ...], crop: tuple[int, int, int, int], size: tuple[int, ...]) -> Box:
    """Where the head is within the crop: by a measured face, else where heads are."""
    x, y, w, h = crop
    for face in faces:
        left, top = (face.x * size[1] - x) / w, (face.y * size[0] - y) / h
        if 0 <= left <= 0.9 and 0 <= top <= 0.9:
            return Box(
                x=left,
                y=max(0.0, top - 0.02),
                width=min(1 - left, face.width * size[1] / w),
                height=min(1 - top, face.height * size[0] / h),
            )
    return Box(x=0.3, y=0.02, width=0.4, height=0.16)
