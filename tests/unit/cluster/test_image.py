"""Dockerfile and .dockerignore as they are shipped. tests/contract/test_image.py has the linter."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from cluster.image import requirements

ROOT = Path(__file__).parents[3]
LINES = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()
ALLOWED = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def instructions(name: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{name} ")]


def normalized(package: str) -> str:
    """As PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", package).lower()


def test_both_images_end_as_somebody_who_is_not_root() -> None:
    stages = re.split(r"^FROM ", "\n".join(LINES), flags=re.MULTILINE)[1:]

    assert [re.findall(r"^USER (.*)$", stage, flags=re.MULTILINE)[-1] for stage in stages] == ["1000", "1000"]


def test_the_first_process_reaps_and_starts_the_entry_point() -> None:
    assert instructions("ENTRYPOINT") == ['["/usr/bin/tini", "--", "python", "-m", "cluster.entrypoint"]']


def test_every_install_is_pinned() -> None:
    installs = [part for line in instructions("RUN") for part in line.split("&&") if "pip install" in part]

    assert len(installs) == 2
    assert all("-c constraints.txt" in install for install in installs)
    pinned = {normalized(line.partition("==")[0]) for line in (ROOT / "constraints.txt").read_text().splitlines()}
    for line in requirements((ROOT / "pyproject.toml").read_text(), ["models", "llm", "anthropic", "google", "veo"]):
        assert normalized(re.split(r"[\[=><;]", line)[0]) in pinned, line


def test_no_secret_can_come_into_an_image() -> None:
    assert instructions("ARG") == []
    assert not any(re.search(r"key|token|secret|password", line, re.IGNORECASE) for line in instructions("ENV"))
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*", "what is not named stays outside"
    assert not {".env", ".git", "outputs", "models", "tests", "run"} & ALLOWED


def test_all_of_the_code_comes_into_an_image() -> None:
    packages = {pattern.rstrip("*") for pattern in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    modules = {f"{module}.py" for module in PROJECT["tool"]["setuptools"]["py-modules"]}

    assert packages | modules | {"pyproject.toml", "constraints.txt"} == ALLOWED


def test_an_extra_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="modles"):
        requirements((ROOT / "pyproject.toml").read_text(), ["modles"])
