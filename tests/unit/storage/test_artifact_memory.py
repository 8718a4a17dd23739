from __future__ import annotations

import gc

import pytest

from storage.artifacts.memory import MemoryArtifacts


@pytest.mark.slow
def test_downloads_go_with_the_store() -> None:
    store = MemoryArtifacts()
    store.put_bytes("film.mp4", b"film", "video/mp4")
    path = store.download("film.mp4", "film.mp4").path
    assert path is not None
    assert path.read_bytes() == b"film"

    del store
    gc.collect()

    assert not path.parent.exists()
