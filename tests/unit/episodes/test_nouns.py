"""What all nouns have in common."""

from __future__ import annotations

from episodes.job import StoredFile
from episodes.world import Place


def test_a_noun_that_is_gone_leaves_nothing_in_memory() -> None:
    """Values that are read again are made again, and not kept in a cache: there are millions, and few come back."""
    text = Place(place_id="rooftop", name="Rooftop", description="a flat roof").model_dump_json()
    stored = StoredFile(key="a", uri="file:a", size_bytes=1, sha256="0" * 64, media_type="video/mp4").model_dump_json()

    one, other = (Place.model_validate_json(text) for _ in range(2))
    assert one == other
    assert one.place_id is not other.place_id
    assert StoredFile.model_validate_json(stored).media_type is not StoredFile.model_validate_json(stored).media_type
