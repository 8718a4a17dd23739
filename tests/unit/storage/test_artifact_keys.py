from __future__ import annotations

import pytest

from episodes.errors import BadInput
from storage.artifacts.keys import check_key, check_prefix, is_key, media_type_of


@pytest.mark.parametrize(
    "key", ["a", "episodes/e1/film/f1.mp4", ".hidden", "a/..b", "a/...", "a b", "é", "x/.incoming", "p" * 255]
)
def test_good_keys_pass(key: str) -> None:
    assert check_key(key) == key
    assert is_key(key)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "not relative, or has an empty"),
        ("/etc/passwd", "not relative"),
        ("a//b", "empty"),
        ("a/", "empty"),
        ("a/../b", r"'\.\.' part"),
        ("./a", r"'\.'"),
        ("a\\b", "backslash"),
        ("a\x7fb", "control character"),
        ("a\x00", "control character"),
        ("\udcff", "lone surrogate"),
        ("é/" * 101, "longer than 300 bytes"),
        ("p" * 256, "part of more than 255 bytes"),
        (".incoming/a", "the store's own"),
    ],
)
def test_bad_keys_say_what_is_wrong(key: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        check_key(key)
    assert not is_key(key)


def test_a_key_has_up_to_300_bytes() -> None:
    longest = "p" * 200 + "/" + "q" * 99

    assert check_key(longest) == longest
    assert check_prefix(longest) == longest
    with pytest.raises(BadInput):
        check_key(longest + "q")


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "a/.", "a/.."])
def test_what_a_key_can_begin_with_is_a_prefix(prefix: str) -> None:
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize("prefix", ["/", "//", "../", "a/../", "./", "a\n", ".incoming/"])
def test_what_no_key_begins_with_is_no_prefix(prefix: str) -> None:
    with pytest.raises(BadInput, match="No key begins with"):
        check_prefix(prefix)


def test_the_ending_of_a_key_tells_its_media_type() -> None:
    assert media_type_of("film/f1.mp4") == "video/mp4"
    assert media_type_of("poster/p.JPG") == "image/jpeg"
    assert media_type_of("a.mp4/b") == "application/octet-stream"
    assert media_type_of("film") == "application/octet-stream"
