"""CONTRIBUTING.md's examples as they stand there, so that the contract suites hold them to what they show."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType

_PAGE = Path(__file__).resolve().parents[2] / "CONTRIBUTING.md"
_FENCE = re.compile(r"^ *```python\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def example(file: str) -> ModuleType:
    """The module that the page tells people to write into `file`. Loaded under a name of its own, so that what it makes is picklable."""
    page = _PAGE.read_text()
    begin = page.find(f"Write `{file}`")
    block = _FENCE.search(page, begin)
    if begin < 0 or block is None:
        raise LookupError(f"CONTRIBUTING.md does not tell how to write {file!r} any more.")
    module = ModuleType(f"contributing_{Path(file).stem}")
    sys.modules[module.__name__] = module
    exec(compile(textwrap.dedent(block[1]), f"CONTRIBUTING.md: {file}", "exec"), vars(module))
    return module
