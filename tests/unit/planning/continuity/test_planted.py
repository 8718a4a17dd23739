"""Contradictions that were planted are found, and nothing else is."""

from __future__ import annotations

from collections import Counter

import pytest

from episodes.contradictions import Code, Contradiction, Severity
from planning.continuity.supervisor import contradictions_in
from tests.unit.planning.continuity.planted import MOVES, Planted, planted, told

ROWS = planted()


def found_in(row: Planted) -> tuple[Contradiction, ...]:
    return contradictions_in(row.plan, row.world, MOVES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_was_planted_is_found_and_nothing_else(row: Planted) -> None:
    assert Counter(map(told, found_in(row))) == Counter(row.finds)


def test_the_table_has_every_kind_and_its_recall_and_false_alarms_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    num_planted, num_found, num_false = Counter[str](), Counter[str](), Counter[str]()
    for row in ROWS:
        found = {told(one) for one in found_in(row)}
        num_planted.update(one.split()[0] for one in row.finds)
        num_found.update(one.split()[0] for one in found & row.finds)
        num_false.update(one.split()[0] for one in found - row.finds)
    clean = [row for row in ROWS if not row.finds]

    with capsys.disabled():
        print(f"\nplanted contradictions: {num_planted.total()} in {len(ROWS) - len(clean)} plans; near misses: {len(clean)}")  # noqa: T201 - for people
        for code in Code:
            print(f"  {code:<17} recall {num_found[code]}/{num_planted[code]}  false alarms {num_false[code]}")  # noqa: T201 - for people
    assert {code for code in Code if num_planted[code]} == set(Code)
    assert num_planted.total() >= 40
    assert num_found == num_planted
    assert not num_false


def test_a_contradiction_says_where_and_what_to_do_about_it() -> None:
    for row in ROWS:
        for one in found_in(row):
            beats = [beat_id for beat_id in (one.beat_id, one.other_beat_id) if beat_id is not None]
            assert all(beat_id in one.what for beat_id in beats), one
            assert one.what.endswith(".")
            assert one.suggestion.endswith((".", "?"))


WARNINGS = {
    "wounds that heal without having been",
    "a kite is lost twice",
    "day and dusk in one scene, which is a step",
    "a scene that plays at another hour than its only beat",
    "a speech in half a beat too little",
}


def test_what_can_be_meant_like_that_is_a_warning() -> None:
    warned = {row.name for row in ROWS if any(one.severity is Severity.WARNING for one in found_in(row))}

    assert warned == WARNINGS
