"""What an image installs, from pyproject.toml: `python cluster/image.py [EXTRA]…` prints it as pip's requirements."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path


def requirements(project: str, extras: Sequence[str]) -> list[str]:
    """Of this project (the text of pyproject.toml) with these extras."""
    section = tomllib.loads(project)["project"]
    return [*section["dependencies"], *(line for extra in extras for line in section["optional-dependencies"][extra])]


if __name__ == "__main__":
    found = requirements((Path(__file__).parents[1] / "pyproject.toml").read_text(), sys.argv[1:])
    sys.stdout.write("\n".join(found) + "\n")
