"""Numbers that cannot be are refused where they are typed."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import storyworld


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "option", "number"),
    [
        ("serve", "--port", "99999"),
        ("serve", "--port", "-5"),
        ("serve", "--cpus", "-2"),
        ("serve", "--cpus", "0"),
        ("serve", "--cpus", "1000000"),
        ("render Mika", "--cpus", "0"),
        ("manifest serve", "--port", "65536"),
    ],
)
def test_a_number_that_cannot_be_starts_nothing(command: str, option: str, number: str) -> None:
    done = CliRunner().invoke(storyworld.cli, [*command.split(), option, number])

    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert f"Invalid value for '{option}'" in said
