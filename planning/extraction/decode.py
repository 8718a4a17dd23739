"""Decoding: uploaded bytes become a picture of our own, or are refused before they can do harm."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from episodes.errors import BadInput, TooLarge

MAX_BYTES: Final = 32 * 2**20
MAX_PIXELS: Final = 40_000_000  # a 10 kB PNG can unfold into 231 MB; 40 MP hold every phone's normal photo
MAX_SIDE: Final = 2048
"""Larger pictures are stored reduced: no backend looks at more, and every node would fetch it."""
MAX_PROPORTION: Final = 40  # the longer side over the shorter: a strip shows nobody and nowhere, and takes long to measure
MAX_SCANS: Final = 100
"""Of a JPEG. Real ones have about ten; each costs a pass over all pixels, and an empty one only ten bytes."""
_JPEG_QUALITY: Final = 92
_FORMATS: Final = ("PNG", "JPEG", "WEBP")
# what Pillow raises on broken files, by its own documentation and by fuzzing it
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    ZeroDivisionError,
)
_ORIENTATION: Final = 0x0112  # EXIF
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_HINT: Final = "Upload a whole PNG, JPEG or WebP file."

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """A picture that was decoded and encoded anew, so that nothing else hides in the file."""

    rgba_HWC: Pixels
    """8 bits a channel; alpha 255 everywhere where the picture has none."""
    has_alpha: bool
    data: bytes
    """PNG, or JPEG for photographs; the same for the same upload."""
    media_type: str
    extension: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def decode(data: bytes) -> Decoded:
    """Raises TooLarge before anything is unfolded, and BadInput for what is no whole, single picture."""
    if len(data) > MAX_BYTES:
        raise TooLarge(
            f"The picture has {len(data) / 2**20:.0f} MiB; {MAX_BYTES // 2**20} MiB is the limit.",
            "Upload a smaller one.",
            "file",
        )
    if not data:
        raise BadInput("The picture is empty.", _HINT, "file")
    picture, is_photo = _opened(data)
    upright = _sized(_upright(picture))
    has_alpha = upright.mode == "RGBA" and upright.getchannel("A").getextrema() != (255, 255)
    as_photo = is_photo and not has_alpha
    encoded = _encoded(upright if has_alpha else upright.convert("RGB"), as_photo=as_photo)
    return Decoded(
        rgba_HWC=np.array(upright.convert("RGBA"), dtype=np.uint8),
        has_alpha=has_alpha,
        data=encoded,
        media_type="image/jpeg" if as_photo else "image/png",
        extension="jpg" if as_photo else "png",
    )


def _opened(data: bytes) -> tuple[Image.Image, bool]:
    """The decoded picture, and whether it came compressed as photographs are."""
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as probe:
            _check(probe, data)
            probe.verify()
        with Image.open(BytesIO(data), formats=_FORMATS) as picture:
            picture.load()
            # an MPO is a JPEG with a second view behind it; only the first is taken
            is_photo = picture.format in ("JPEG", "MPO") or (picture.format == "WEBP" and b"VP8L" not in data[:64])
            return picture.copy(), is_photo
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise TooLarge("The picture has far too many pixels.", f"{MAX_PIXELS // 10**6} million is the limit.", "file") from bomb
    except BadInput:
        raise
    except _BROKEN as broken:
        raise BadInput("The picture cannot be read: it is broken, cut off, or of another kind.", _HINT, "file") from broken


def _check(probe: Image.Image, data: bytes) -> None:
    pixels = probe.width * probe.height
    if pixels > MAX_PIXELS:
        raise TooLarge(
            f"The picture has {probe.width}×{probe.height} pixels; {MAX_PIXELS // 10**6} million is the limit.",
            "Make it smaller.",
            "file",
        )
    if probe.format in ("PNG", "WEBP") and getattr(probe, "n_frames", 1) > 1:
        raise BadInput("The picture moves; a reference picture stands still.", "Upload a single frame.", "file")
    if max(probe.size) > MAX_PROPORTION * min(probe.size):
        raise BadInput(
            f"The picture is a strip of {probe.width}×{probe.height} pixels.",
            "Upload one that shows somebody or somewhere.",
            "file",
        )
    # a scan begins with this marker, which no compressed data hold
    if probe.format in ("JPEG", "MPO") and data.count(b"\xff\xda") > MAX_SCANS:
        raise TooLarge(f"The JPEG is made of more than {MAX_SCANS} scans.", "Save it anew, not progressively.", "file")


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as its camera was held, in RGB or RGBA."""
    turn = _TURNS.get(_orientation(picture))
    turned = picture if turn is None else picture.transpose(turn)
    if turned.mode.startswith("I"):
        # 16-bit grey: convert() would clip it to white
        turned = Image.fromarray((np.asarray(turned, dtype=np.int64) >> 8).clip(0, 255).astype(np.uint8))
    has_alpha = "A" in turned.getbands() or "transparency" in turned.info
    return turned.convert("RGBA" if has_alpha else "RGB")


def _orientation(picture: Image.Image) -> int:
    """As the EXIF has it. A broken one says nothing, and the picture may still be whole."""
    try:
        told = picture.getexif().get(_ORIENTATION)
    except _BROKEN:
        return 1
    return told if isinstance(told, int) else 1


def _sized(picture: Image.Image) -> Image.Image:
    if max(picture.size) <= MAX_SIDE:
        return picture
    reduced = picture.copy()
    reduced.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return reduced


def _encoded(picture: Image.Image, *, as_photo: bool) -> bytes:
    file = BytesIO()
    # a fresh image of the bare pixels: EXIF, profiles and comments stay behind
    bare = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    if as_photo:
        bare.save(file, "JPEG", quality=_JPEG_QUALITY)
    else:
        bare.save(file, "PNG")
    return file.getvalue()
