"""The shipped example world is whole, and is put where it is absent."""

from __future__ import annotations

import hashlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from episodes.world import PictureKind, World, WorldSource
from planning.example_world import EXAMPLE_WORLD_ID, example_pictures, example_world, seed_example_world
from planning.world_builder import StoredWorlds
from storage.artifacts.memory import MemoryArtifacts
from storage.memory.worlds import MemoryWorldStore


def test_every_picture_is_shipped_with_the_bytes_that_the_world_names() -> None:
    pictures = example_pictures()

    for picture in example_world().pictures():
        data = pictures[picture.key]
        assert hashlib.sha256(data).hexdigest() == picture.sha256
        assert len(data) == picture.size_bytes
        with Image.open(BytesIO(data)) as opened:
            assert opened.size == (picture.width, picture.height)
    assert sum(map(len, pictures.values())) < 1_000_000


@pytest.mark.slow
def test_characters_are_cut_out_figures_that_fill_their_sheets() -> None:
    pictures = example_pictures()

    for character in example_world().characters:
        reference = character.references[0]
        assert reference.kind is PictureKind.SHEET
        alpha = np.asarray(Image.open(BytesIO(pictures[reference.key])).convert("RGBA"))[..., 3]
        rows = np.nonzero(alpha.max(axis=1) > 127)[0]
        assert rows[-1] - rows[0] > 0.97 * len(alpha)
        assert alpha[0, 0] == 0
        assert 0.2 < (alpha > 127).mean() < 0.9


def test_it_is_put_once_with_its_pictures() -> None:
    worlds, artifacts = MemoryWorldStore(), MemoryArtifacts()

    seed_example_world(worlds, artifacts)
    seed_example_world(worlds, artifacts)

    stored = StoredWorlds(worlds, artifacts).load(EXAMPLE_WORLD_ID)
    assert (stored.revision, stored.source, stored.world) == (1, WorldSource.STORED, example_world())
    assert all(artifacts.head(picture.key) for picture in stored.world.pictures())


def test_an_edited_one_is_left_as_it_is_and_lost_pictures_come_back() -> None:
    worlds = MemoryWorldStore()
    worlds.put(EXAMPLE_WORLD_ID, World(title="mine"), WorldSource.STORED)
    artifacts = MemoryArtifacts()

    seed_example_world(worlds, artifacts)

    assert worlds.world(EXAMPLE_WORLD_ID).world.title == "mine"
    assert artifacts.keys(f"worlds/{EXAMPLE_WORLD_ID}/") == sorted(example_pictures())
