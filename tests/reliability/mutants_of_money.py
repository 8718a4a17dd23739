"""Faults that could be made in what attempts cost."""

from __future__ import annotations

from dataclasses import replace

from tests.reliability.mutant import Mutant, a_mutant


def _about_money(file: str, breaks: str, old: str, new: str) -> Mutant:
    return replace(a_mutant(file, breaks, old, new), about="money")


MONEY = (
    _about_money("opening.py", "an attempt begins whatever is left", "reserved is not None and reserved > left", "False"),
    _about_money("opening.py", "the last of a budget cannot be spent", "reserved > left", "reserved >= left"),
    _about_money("opening.py", "nothing is reserved", "self._reserve(episode, reserved or 0)", "self._reserve(episode, 0)"),
    _about_money("opening.py", "a lack is told again and again", "if of.needs_micros == needs:", "if False:"),
    _about_money("opening.py", "a beat that begins still lacks money", ", needs_micros=0)", ")"),
    _about_money(
        "held.py",
        "what was reserved is never released",
        "self.episode.reserved_micros -= self.reserved_micros or 0",
        "pass",
    ),
    _about_money("held.py", "what has ended cost nothing", "self.episode.spent_micros += cost", "pass"),
    _about_money("accepting.py", "a clip is paid twice", "costs_nothing=result.runtime.bought_nothing", "costs_nothing=False"),
    _about_money(
        "coordinating.py",
        "what needs all that is left never goes on",
        'needs_micros <= bindparam("left")',
        'needs_micros < bindparam("left")',
    ),
    _about_money("paying.py", "a new budget is not tried", "for ask_again in _ASK_AGAIN:", "for ask_again in ():"),
    _about_money("paying.py", "work without a budget is overlooked", "num_unreserved=num_unreserved", "num_unreserved=0"),
    _about_money("failing.py", "what is opened anew still lacks money", '    "needs_micros": 0,\n', ""),
    _about_money("storage/rules.py", "a budget is set below what is gone", "if budget_micros < gone:", "if False:"),
)
