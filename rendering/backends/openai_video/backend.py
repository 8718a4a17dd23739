"""Opens the openai-video backend."""

from __future__ import annotations

from rendering.backends.bought.backend import BoughtBackend
from rendering.backends.bought.purse import Purse
from rendering.backends.bought.till import Patience
from rendering.backends.openai_video.options import Setup
from rendering.backends.openai_video.server import VideosServer


def open_openai_video(setup: Setup, purse: Purse) -> BoughtBackend:
    """A server without a key of its own is asked without one."""
    return BoughtBackend(
        name="openai-video",
        shop=VideosServer(setup, purse.openai_video_api_keys.get(setup.base_url)),
        catalogue=setup.request,
        store=purse.orders,
        terms=setup.terms,
        patience=Patience(poll_s=setup.poll_s, order_s=setup.terms.longest_wait_s),
    )
