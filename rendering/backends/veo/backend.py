"""Opens the veo backend, on whichever of Google's APIs has the model."""

from __future__ import annotations

from typing import assert_never

from episodes.errors import BadInput
from rendering.backends.bought.backend import BoughtBackend
from rendering.backends.bought.purse import Purse
from rendering.backends.bought.shop import Shop
from rendering.backends.bought.till import Patience
from rendering.backends.veo.models import Api
from rendering.backends.veo.omni import KEY_NAME, OmniShop
from rendering.backends.veo.options import Setup
from rendering.backends.veo.vertex import VertexShop, credentials_of

POLL_S = 5.0  # a clip takes a minute or so


def open_veo(setup: Setup, purse: Purse) -> BoughtBackend:
    """Raises BadInput without the key that the model's API needs."""
    return BoughtBackend(
        name="veo",
        shop=_shop(setup, purse),
        catalogue=setup.request,
        store=purse.orders,
        terms=setup.terms,
        patience=Patience(poll_s=POLL_S, order_s=setup.terms.longest_wait_s),
    )


def _shop(setup: Setup, purse: Purse) -> Shop:
    match setup.model.api:
        case Api.VERTEX:
            return VertexShop(setup, credentials_of(purse.google_credentials))
        case Api.INTERACTIONS:
            if purse.gemini_api_key is None:
                hint = f"Set {KEY_NAME} where the renderers run."
                raise BadInput(f"The model {setup.name} needs a key.", hint, KEY_NAME)
            return OmniShop(setup, purse.gemini_api_key)
        case _:
            assert_never(setup.model.api)
