from __future__ import annotations

import pytest

from episodes.errors import BadInput
from episodes.plan import Format
from rendering.backends import BackendRecipe, OnSale, check_backend, on_sale
from rendering.backends.ending import EndingSource
from rendering.backends.veo.models import MODELS, Api
from rendering.backends.veo.options import Setup, setup_of
from tests.builders import a_beat, a_job


def a_setup(**options: str) -> Setup:
    return setup_of(BackendRecipe(name="veo", options={"project": "studio", **options}))


def test_a_project_is_enough() -> None:
    setup = a_setup()

    assert (setup.name, setup.location, setup.base_url) == ("veo-3.1-fast-generate-001", "us-central1", None)
    assert setup.terms.usd_per_s == 0.1
    assert on_sale(BackendRecipe(name="veo", options={"project": "studio"})) == OnSale(usd_per_s=0.1, lengths_s=(4, 6, 8))


def test_a_price_that_is_said_overrules_the_usual_one() -> None:
    assert a_setup(price_per_s="0.11").terms.usd_per_s == 0.11


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.api is Api.INTERACTIONS])
def test_an_omni_model_needs_no_project(name: str) -> None:
    assert setup_of(BackendRecipe(name="veo", options={"model": name})).project == ""


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("duration_s", [0.5, 3.5, 8.0, 30.0])
def test_whatever_a_beat_needs_what_is_asked_for_is_offered(name: str, duration_s: float) -> None:
    setup = a_setup(model=name)

    for width, height in [(64, 64), (512, 512), (1280, 720), (720, 1280), (1920, 1080), (3840, 2160)]:
        request = setup.request(a_job(a_beat(duration_s=duration_s), film_format=Format(width=width, height=height, fps=24)))

        aspect, resolution = request.size.split()
        assert request.seconds in setup.model.seconds
        assert request.seconds >= duration_s or request.seconds == setup.model.seconds[-1]
        assert int(resolution.removesuffix("p")) in setup.model.heights
        assert aspect == ("16:9" if width >= height else "9:16")


def test_orders_of_other_projects_are_other_orders() -> None:
    job = a_job()

    assert a_setup().request(job) != a_setup(project="another").request(job)


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.api is Api.VERTEX])
def test_a_clip_of_veo_may_have_an_end(name: str) -> None:
    setup = a_setup(model=name, opening="previous,animatic", ending="animatic")

    assert setup.terms.ending is EndingSource.ANIMATIC
    assert a_setup(model=name).terms.ending is None
    assert a_setup(model=name, ending="none").terms.ending is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"project": "studio", "ending": "sunset"}, "ending is 'sunset'."),
        ({"project": "studio", "opening": "none", "ending": "animatic"}, "ending needs an opening."),
        ({"model": "gemini-omni-1.2-flash", "ending": "animatic"}, "The model gemini-omni-1.2-flash takes no last frame."),
        ({"project": "studio", "model": "veo-2.0-generate-001"}, "The veo backend has no model 'veo-2.0-generate-001'."),
        ({}, "The model veo-3.1-fast-generate-001 needs the option project."),
        ({"project": "studio", "seconds": "4"}, "The veo backend has no option 'seconds'."),
        ({"project": "studio", "base_url": "gateway"}, "base_url is no address of a server."),
    ],
)
def test_a_wrong_option_is_found_at_the_start(options: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_backend(BackendRecipe(name="veo", options=options))

    assert caught.value.message == said
