from __future__ import annotations

import re
from pathlib import Path

from settings import Settings

README = (Path(__file__).resolve().parents[3] / "README.md").read_text("utf-8")


def test_the_readme_lists_the_settings_that_there_are() -> None:
    table = README.partition("## Settings")[2].partition("\n## ")[0]

    listed = re.findall(r"^\| `([A-Z0-9_]+)` \|", table, re.MULTILINE)

    assert listed == [name.upper() for name in Settings.model_fields]
