"""Values that cannot be are refused where they are typed."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import storyworld


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "option", "value"),
    [
        ("serve", "--port", "99999"),
        ("serve", "--port", "-5"),
        ("serve", "--cpus", "-2"),
        ("serve", "--cpus", "0"),
        ("serve", "--cpus", "1000000"),
        ("render Mika", "--cpus", "0"),
        ("manifest serve", "--port", "65536"),
        ("episodes", "--limit", "0"),
        ("episodes", "--limit", "201"),
        ("episodes", "--state", "done"),
    ],
)
def test_a_value_that_cannot_be_starts_nothing(command: str, option: str, value: str) -> None:
    done = CliRunner().invoke(storyworld.cli, [*command.split(), option, value])

    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert f"Invalid value for '{option}'" in said
