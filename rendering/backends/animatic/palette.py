"""Colours and light: what a time of day does to a scene, and how two colours mix."""

from __future__ import annotations

from dataclasses import dataclass, replace

from episodes.plan import TimeOfDay

Rgb = tuple[int, int, int]
"""sRGB, 0 to 255."""

WHITE: Rgb = (255, 255, 255)
INK: Rgb = (30, 24, 40)
"""Outlines: a warm near-black, softer than black on every ground."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Light:
    """What the hour does to a place and to everybody in it."""

    sky: tuple[Rgb, Rgb, Rgb]
    """From the top down to the horizon."""
    haze: Rgb
    """What far things fade into."""
    ambient: tuple[float, float, float]
    """Factor per channel on everything that stands on the stage."""
    rim: Rgb
    """Edge light on the characters."""
    rim_strength: float
    lamps: float
    """How many windows and lamps are lit, 0 to 1."""
    clouds: Rgb
    is_night: bool = False
    is_clear: bool = True
    """Sun, moon and stars are seen."""


LIGHTS: dict[TimeOfDay, Light] = {
    TimeOfDay.DAWN: Light(
        sky=((120, 152, 206), (200, 196, 222), (255, 220, 198)),
        haze=(240, 212, 208),
        ambient=(1.0, 0.94, 0.95),
        rim=(255, 224, 196),
        rim_strength=0.5,
        lamps=0.15,
        clouds=(255, 236, 230),
    ),
    TimeOfDay.DAY: Light(
        sky=((58, 132, 220), (118, 186, 244), (208, 236, 252)),
        haze=(196, 222, 240),
        ambient=(1.0, 1.0, 1.0),
        rim=(255, 250, 228),
        rim_strength=0.4,
        lamps=0.0,
        clouds=(255, 255, 255),
    ),
    TimeOfDay.DUSK: Light(
        sky=((66, 48, 116), (214, 98, 104), (255, 186, 104)),
        haze=(244, 150, 112),
        ambient=(0.98, 0.82, 0.78),
        rim=(255, 190, 110),
        rim_strength=0.75,
        lamps=0.5,
        clouds=(255, 172, 140),
    ),
    TimeOfDay.NIGHT: Light(
        sky=((10, 14, 46), (24, 34, 88), (60, 74, 140)),
        haze=(46, 60, 118),
        ambient=(0.72, 0.76, 0.97),
        rim=(170, 200, 255),
        rim_strength=0.7,
        lamps=0.75,
        clouds=(74, 84, 140),
        is_night=True,
    ),
}


def under_lamps(light: Light) -> Light:
    """Where lamps are lit, the evening is warm and nobody stands in the dark."""
    r, g, b = (0.5 * k + 0.5 * lamp for k, lamp in zip(light.ambient, (1.0, 0.93, 0.84), strict=True))
    return replace(light, ambient=(r, g, b), rim=mix(light.rim, (255, 226, 170), 0.6), rim_strength=light.rim_strength * 0.8)


def overcast(light: Light) -> Light:
    """Under rain clouds: grey, and no sun to be seen."""
    top, middle, low = (
        mix(colour, (grey := round(190 * brightness(colour)) + 20, grey + 4, grey + 12), 0.75) for colour in light.sky
    )
    r, g, b = (0.88 * k for k in light.ambient)
    clouds = mix(light.clouds, (120, 126, 140), 0.7)
    return replace(
        light,
        sky=(top, middle, low),
        ambient=(r, g, b),
        haze=mix(light.haze, low, 0.7),
        clouds=clouds,
        rim_strength=0.25,
        is_clear=False,
    )


def from_hex(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """`a` at 0, `b` at 1."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def darker(colour: Rgb, share: float = 0.25) -> Rgb:
    """Towards a cool dark: shadows that go to plain black look dirty."""
    return mix(colour, (26, 18, 52), share)


def lighter(colour: Rgb, share: float = 0.25) -> Rgb:
    return mix(colour, (255, 250, 236), share)


def lit(colour: Rgb, light: Light) -> Rgb:
    """A surface's colour under this light."""
    r, g, b = (min(255, round(c * k)) for c, k in zip(colour, light.ambient, strict=True))
    return r, g, b


def brightness(colour: Rgb) -> float:
    """0 (black) to 1 (white), as the eye weighs the channels."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255
