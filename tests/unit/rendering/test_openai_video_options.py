from __future__ import annotations

import pickle

import pytest

from episodes.errors import BadInput
from rendering.backends import BackendRecipe, OnSale, Purse, check_backend, on_sale, open_backend
from rendering.backends.openai_video.options import setup_of
from rendering.backends.opening import OpeningSource
from storage.artifacts.memory import MemoryArtifacts

URL = "http://10.0.0.5:8000/v1"


def a_recipe(**options: str) -> BackendRecipe:
    return BackendRecipe(name="openai-video", options={"base_url": URL, **options})


def test_a_server_and_nothing_else_is_enough() -> None:
    setup = setup_of(a_recipe(base_url=f"{URL}/"))

    assert (setup.base_url, setup.model, setup.sizes, setup.also) == (URL, "", (), ("seed", "negative_prompt"))
    assert (setup.seconds[0], setup.seconds[-1]) == (1, 30)
    assert setup.terms.opening == (OpeningSource.PREVIOUS,)
    assert setup.terms.usd_per_s is None
    assert not setup.terms.is_free


def test_what_is_said_of_a_server_is_read() -> None:
    setup = setup_of(
        a_recipe(seconds="8,4,12", sizes="1280x720,720x1280", opening="previous,animatic", price_per_s="0", longest_wait_s="60")
    )

    assert list(setup.seconds) == [4, 8, 12]
    assert setup.sizes == ((1280, 720), (720, 1280))
    assert setup.terms.opening == (OpeningSource.PREVIOUS, OpeningSource.ANIMATIC)
    assert setup.terms.is_free
    assert setup.terms.longest_wait_s == 60


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"base_url": "10.0.0.5:8000"}, "base_url"),
        ({"base_url": "https://user:secret@videos.example/v1"}, "base_url"),  # pragma: allowlist secret
        ({"base_url": "https://videos.example/v1?key=secret"}, "base_url"),
        ({"seconds": "long"}, "seconds"),
        ({"seconds": "8-4"}, "seconds"),
        ({"seconds": "0,4"}, "seconds"),
        ({"sizes": "720p"}, "sizes"),
        ({"sizes": "0x10"}, "sizes"),
        ({"also": "seed,quality"}, "also"),
        ({"poll_s": "0"}, "poll_s"),
        ({"poll_s": "often"}, "poll_s"),
        ({"price_per_s": "-1"}, "price_per_s"),
        ({"price_per_s": "cheap"}, "price_per_s"),
        ({"price_per_s": "nan"}, "price_per_s"),
        ({"longest_wait_s": "inf"}, "longest_wait_s"),
        ({"opening": "sunrise"}, "opening"),
        ({"ending": "animatic"}, "ending"),
        ({"api_key": "sk-secret"}, "api_key"),  # pragma: allowlist secret
    ],
)
def test_a_wrong_option_is_found_at_the_start_and_not_repeated_where_it_may_be_secret(
    options: dict[str, str], where: str
) -> None:
    with pytest.raises(BadInput) as caught:
        check_backend(a_recipe(**options))

    assert caught.value.where == f"options.{where}"
    assert "secret" not in str(caught.value)


def test_a_server_has_to_be_named() -> None:
    with pytest.raises(BadInput, match="needs the option base_url"):
        check_backend(BackendRecipe(name="openai-video"))


def test_what_buys_says_so_and_needs_a_purse() -> None:
    assert on_sale(a_recipe()) == OnSale(usd_per_s=None, lengths_s=tuple(range(1, 31)))
    assert on_sale(a_recipe(seconds="4,8", price_per_s="0.1")) == OnSale(usd_per_s=0.1, lengths_s=(4, 8))
    assert on_sale(BackendRecipe(name="animatic")) is None
    with pytest.raises(BadInput, match="buys its clips"):
        open_backend(a_recipe())


def test_a_purse_never_leaves_its_process() -> None:
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(Purse(orders=MemoryArtifacts()))
