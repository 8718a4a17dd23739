"""Family: what the planner knows about a group of verbs - how such a thing begins, unfolds and ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """Sentences are templates: `{a}` who does it, `{t}` the being it is done to, `{o}` the thing (or being) it is about,
    `{p}` where ("on the rooftop"); `{a:stand}` is the verb as it agrees with `{a}`. A sentence is used only where
    all that it names is there; those that name most are preferred.
    """

    name: str
    action: str
    """The plain verb that figures are posed by; one of ACTIONS."""
    verbs: tuple[str, ...]
    """Plain forms that belong here."""
    is_lively: bool
    """Fast cutting, moving camera."""
    setup: tuple[str, ...]
    """Before it happens."""
    rise: tuple[str, ...]
    """While it happens, from weaker to stronger."""
    outcome: tuple[str, ...]
    """What is different afterwards."""
    gestures: tuple[str, str, str]
    """What who does it shows before, during and after, in plain words ("stands ready")."""
    target_gestures: tuple[str, str, str] = ("looks on", "looks on", "stands still")
    said: tuple[tuple[str, ...], ...] = ((), ())
    """What who does it may say during and after, to choose from; none: nothing."""
    captions: tuple[tuple[str, ...], ...] = ((), (), ())
    """Told before, during and after, where nobody speaks; to choose from."""


def family(
    name: str,
    verbs: str,
    *,
    action: str = "",
    lively: bool = False,
    setup: str,
    rise: str,
    outcome: str,
    gestures: str,
    target: str = "looks on | looks on | stands still",
    said: str = " | ",
    captions: str = " | | ",
) -> Family:
    """A Family from text as one writes it: a sentence per line, bars between stages, slashes between alternatives."""
    before, during, after = _stages(gestures)
    return Family(
        name=name,
        action=action or name,
        verbs=tuple(verbs.split()),
        is_lively=lively,
        setup=_lines(setup),
        rise=_lines(rise),
        outcome=_lines(outcome),
        gestures=(before, during, after),
        target_gestures=_three(target),
        said=_choices(said),
        captions=_choices(captions),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines() if line.strip())


def _stages(text: str) -> list[str]:
    return [stage.strip() for stage in text.split("|")]


def _three(text: str) -> tuple[str, str, str]:
    before, during, after = _stages(text)
    return before, during, after


def _choices(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(one.strip() for one in stage.split("/") if one.strip()) for stage in _stages(text))
