"""Tests for a machine with a GPU, by themselves: `pytest tests/gpu`. Anywhere, but slowly, with triton and `TRITON_INTERPRET=1`."""
