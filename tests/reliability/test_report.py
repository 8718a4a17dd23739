from __future__ import annotations

from pathlib import Path

from tests.reliability.report import write_section


def test_a_section_is_replaced_in_its_place_and_a_new_one_is_appended(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\nIts words.\n\n## Chaos\n\nold\n\n## Faults\n\nkept\n")

    write_section("Chaos", ["new", "", "| a |"], page)
    write_section("Model", ["first"], page)

    assert page.read_text() == "# Page\n\nIts words.\n\n## Chaos\n\nnew\n\n| a |\n\n## Faults\n\nkept\n\n## Model\n\nfirst\n"


def test_the_first_section_makes_the_page(tmp_path: Path) -> None:
    write_section("Chaos", ["new"], tmp_path / "page.md")

    assert (tmp_path / "page.md").read_text().strip() == "## Chaos\n\nnew"
