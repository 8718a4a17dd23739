from __future__ import annotations

import re

from episodes.errors import Unavailable
from tests.api.rig import Rig, is_problem


async def test_an_api_without_a_database_is_alive_and_not_ready() -> None:
    def away() -> dict[str, str]:
        raise Unavailable("The database does not answer.")

    rig = Rig(readiness=away)

    assert (await rig.client.get("/healthz")).json() == {"status": "ok"}
    is_problem(await rig.client.get("/readyz"), 503, "unavailable")


async def test_an_api_whose_parts_answer_is_ready(rig: Rig) -> None:
    answer = await rig.client.get("/readyz")
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "coordinator": "ok"}}


async def test_what_is_not_ready_is_named_with_its_reason() -> None:
    rig = Rig(readiness=lambda: {"database": "", "coordinator": "nobody leads"})
    answer = await rig.client.get("/readyz")
    problem = is_problem(answer, 503, "unavailable")
    assert problem["errors"] == [{"where": "coordinator", "message": "nobody leads"}]
    assert answer.headers["retry-after"]


async def test_the_front_page_leads_to_the_description(rig: Rig) -> None:
    answer = await rig.client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "docs")


async def test_the_description_page_needs_nothing_from_elsewhere(rig: Rig) -> None:
    answer = await rig.client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "openapi.json" in answer.text
    assert re.findall(r"(?:https?:)?//[a-z]", answer.text) == []
    assert "innerHTML" not in answer.text
