"""What Ray itself says of its token, in processes of their own: it reads the mode once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASK = "from actors.environment import refuse_ray_without_token; refuse_ray_without_token()"


@pytest.mark.parametrize(("mode", "is_refused"), [("token", False), ("disabled", True), (None, True)])
def test_the_api_does_not_run_on_a_ray_that_lets_everybody_in(mode: str | None, is_refused: bool, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    env |= {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)} | ({} if mode is None else {"RAY_AUTH_MODE": mode})

    ran = subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True, timeout=120, check=False)

    assert ran.returncode == int(is_refused), ran.stderr
    assert ("BadInput: The Ray that StoryWorld was put on asks for no token" in ran.stderr) is is_refused
