"""With keys, nobody gets at anything without one; and what browsers cannot do otherwise, they can do with a cookie."""

from __future__ import annotations

import logging

import httpx
import pytest

from api.keys import COOKIE, OPEN_PATHS, api_key, refuse_open_door
from episodes.errors import BadInput
from tests.api.rig import Rig, is_problem

KEY = "the-key-of-mika-itself"  # pragma: allowlist secret
OTHER = "another-key-of-theirs"  # pragma: allowlist secret
BEARER = {"Authorization": f"Bearer {KEY}"}
IN_COOKIE = {"Cookie": f"theme=dark; {COOKIE}={KEY}"}


@pytest.fixture(scope="module")
def kept() -> Rig:
    return Rig(keys=(api_key("mika", KEY), api_key("saitama", OTHER)), cors_origins=("https://page.example",))


@pytest.fixture
def keyed(kept: Rig) -> Rig:
    return kept.begin_anew()


async def test_every_path_but_probes_and_description_asks_for_a_key(keyed: Rig) -> None:
    described = keyed.app.openapi()["paths"]
    for path in [*described, "/nothing", "/healthz/", "http://api//healthz", "/healthz/../episodes"]:
        answer = await keyed.client.get(path)
        if path in OPEN_PATHS:
            assert answer.status_code == 200, path
        else:
            is_problem(answer, 401, "unauthorized")
            assert answer.headers["www-authenticate"] == 'Bearer realm="StoryWorld"'
    for path in ("/", "/docs", "/openapi.json"):
        assert (await keyed.client.get(path)).status_code in (200, 307)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer the-key-of-mika-itsel"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"Authorization": f"bearer {KEY}é".encode("latin-1")},
        {"X-Api-Key": KEY},
        {"Cookie": f"{COOKIE}={OTHER}x"},
        {"Cookie": f"key={KEY}"},
    ],
)
async def test_nothing_else_is_a_key(keyed: Rig, headers: dict[str, str]) -> None:
    is_problem(await keyed.client.get("/episodes", headers=headers), 401, "unauthorized")
    is_problem(await keyed.client.get("/episodes", params={"key": KEY}, headers=headers), 401, "unauthorized")


async def test_each_key_opens_everything_and_the_log_says_whose_it_was(keyed: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "api.keys")
    for key in (KEY, OTHER):
        answer = await keyed.client.post(
            "/episodes", json={"intent": "Mika looks around"}, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 201

    assert [record.__dict__["key"] for record in caplog.records] == ["mika", "saitama"]
    assert KEY not in caplog.text + str([vars(record) for record in caplog.records])


async def test_a_cookie_reads_and_changes_nothing(keyed: Rig) -> None:
    assert (await keyed.client.get("/episodes", headers=IN_COOKIE)).status_code == 200
    assert (await keyed.client.head("/episodes", headers=IN_COOKIE)).status_code != 401
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await keyed.client.request(method, "/episodes", json={"intent": "Mika looks around"}, headers=IN_COOKIE)
        is_problem(answer, 401, "unauthorized")
    assert (await keyed.client.get("/episodes", headers=BEARER)).json()["episodes"] == []


async def test_nothing_of_a_body_is_read_or_kept_before_the_key_was_seen(keyed: Rig) -> None:
    async def body() -> None:
        raise AssertionError("the body was read")

    said: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            said.append(int(str(message["status"])))

    headers = [(b"idempotency-key", b"k"), (b"content-length", b"20")]
    scope = {"type": "http", "method": "POST", "path": "/episodes", "query_string": b"", "headers": headers, "root_path": ""}
    await keyed.app(scope, body, send)  # type: ignore[arg-type]

    assert said == [401]


async def test_another_origin_that_is_let_in_may_send_a_key_and_read_the_refusal(keyed: Rig) -> None:
    asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    preflight = await keyed.client.options("/episodes", headers={**asked, "Access-Control-Request-Headers": "Authorization"})
    assert preflight.status_code == 200

    refused = await keyed.client.get("/episodes", headers={"Origin": "https://page.example"})
    is_problem(refused, 401, "unauthorized")
    assert refused.headers["access-control-allow-origin"] == "https://page.example"


async def test_below_a_prefix_the_probes_stay_open_and_the_rest_closed(keyed: Rig) -> None:
    below = httpx.AsyncClient(transport=httpx.ASGITransport(keyed.app, root_path="/films"), base_url="http://api")
    assert (await below.get("/films/healthz")).status_code == 200
    is_problem(await below.get("/films/episodes"), 401, "unauthorized")


def test_the_description_says_who_needs_which_key(keyed: Rig) -> None:
    spec = keyed.app.openapi()
    assert set(spec["components"]["securitySchemes"]) == {"key", "cookie"}
    assert spec["paths"]["/healthz"]["get"]["security"] == []
    assert {"cookie": []} in spec["paths"]["/episodes/{episode_id}/events"]["get"]["security"]
    assert spec["security"] == [{"key": []}], "of all that say nothing else"
    assert "security" not in spec["paths"]["/episodes"]["post"]
    assert "401" in spec["paths"]["/episodes"]["post"]["responses"]
    assert "401" not in spec["paths"]["/readyz"]["get"]["responses"]


async def test_without_keys_nothing_is_asked_or_said_of_any(rig: Rig) -> None:
    assert (await rig.client.get("/episodes")).status_code == 200
    assert "security" not in (await rig.client.get("/openapi.json")).text


def test_the_keys_themselves_are_not_kept() -> None:
    key = api_key("mika", KEY)
    assert KEY not in repr(key)
    assert KEY.encode() not in key.sha256
    assert "sha256" not in repr(key)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "head.example", ""])
def test_an_address_that_others_reach_needs_keys(host: str) -> None:
    refuse_open_door(host, has_keys=True)
    with pytest.raises(BadInput) as refused:
        refuse_open_door(host, has_keys=False)
    assert refused.value.where == "API_KEYS"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_needs_none(host: str) -> None:
    refuse_open_door(host, has_keys=False)
