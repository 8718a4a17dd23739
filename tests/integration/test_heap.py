"""A process that keeps its heap small: what was freed leaves it. Each case in a process of its own, with and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PRELUDE = """
import ctypes, threading
from pathlib import Path
from actors.heap import Heap

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes, libc.memset.argtypes = [ctypes.c_void_p], [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]

def block(size):
    address = libc.malloc(size)
    libc.memset(address, 1, size)
    return address

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

def in_four_threads(work):
    gate = threading.Barrier(5)  # they stay alive, and their arenas with them
    for _ in range(4):
        threading.Thread(target=lambda: (work(), gate.wait(), threading.Event().wait()), daemon=True).start()
    gate.wait()

libc.free(libc.malloc(30_000_000))  # one large block is freed, as every library does while it is imported: thresholds rise
heap = Heap()
assert heap.is_glibc
"""

LARGE_BLOCKS = """
def work():
    blocks = [(block(1_000_000), block(2000))[0] for _ in range(10)]  # the small ones stay, and pin what is below them
    for address in blocks:
        libc.free(address)

before = resident_mb()
in_four_threads(work)
print(resident_mb() - before)
"""

CRUMBS_BETWEEN = """
def work():
    blocks = [block(3000) for _ in range(4000)]
    for index, address in enumerate(blocks):
        if index % 100:
            libc.free(address)

before = resident_mb()
in_four_threads(work)
{trim}
print(resident_mb() - before)
"""


def grown_mb(code: str) -> float:
    """By how much the process grew for 40 MB and more that it used for a moment."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", PRELUDE + code], cwd=root, check=True, capture_output=True, text=True)
    return float(done.stdout)


@pytest.mark.parametrize(
    ("first", "least", "most"), [("", 25, 60), ("heap.fix_thresholds()", -5, 5)], ids=["left alone", "kept"]
)
def test_large_blocks_leave_nothing_behind_whatever_is_kept_beside_them(first: str, least: float, most: float) -> None:
    assert least < grown_mb(first + LARGE_BLOCKS) < most


@pytest.mark.parametrize(("trim", "least", "most"), [("", 25, 60), ("heap.trim()", -5, 12)], ids=["left alone", "trimmed"])
def test_what_is_free_between_what_is_kept_is_given_back(trim: str, least: float, most: float) -> None:
    assert least < grown_mb("heap.fix_thresholds()" + CRUMBS_BETWEEN.format(trim=trim)) < most


def test_a_heap_that_is_kept_small_is_trimmed_again_and_again() -> None:
    code = "import actors.heap\nactors.heap.TRIM_S = 0.01\nheap.keep_small()\n" + CRUMBS_BETWEEN.format(trim=UNTIL_SMALL)

    assert grown_mb(code) < 12


UNTIL_SMALL = """
import time
for _ in range(1000):
    if resident_mb() - before < 12:
        break
    time.sleep(0.01)
"""
