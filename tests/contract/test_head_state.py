"""What a head asks of the place for its state before each start of Ray, from a real Redis, plain and over TLS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.entrypoint.head_state import InRedis, options_of, read_head_state, variables_of
from cluster.entrypoint.state_probe import check_state
from cluster.errors import BadConfig, OutOfReach
from tests.contract.redis_servers import PASSWORD, RedisServer, redis_server
from tests.contract.tls_line import tls_before


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server(remembers=False) as running:
        running.client().acl_setuser("mika", enabled=True, passwords=["+only-hers"], commands=["+ping"])
        yield running


@pytest.fixture(scope="module")
def secure(server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Its URL over TLS, and whom to trust."""
    with tls_before(server.port, tmp_path_factory.mktemp("tls")) as (port, authority):
        yield f"rediss://:{PASSWORD}@127.0.0.1:{port}", str(authority)


def ask(url: str, **more: str) -> None:
    check_state(read_head_state({"STORYWORLD_GCS": url, **more}))


def test_who_is_let_in_starts(server: RedisServer, secure: tuple[str, str]) -> None:
    ask(server.url)
    ask(f"redis://mika:only-hers@127.0.0.1:{server.port}")  # pragma: allowlist secret
    ask(secure[0], STORYWORLD_GCS_CA_CERT=secure[1])


@pytest.mark.parametrize("user", [":wrong", "nobody:wrong"])
def test_a_wrong_password_will_never_do(server: RedisServer, user: str) -> None:
    with pytest.raises(BadConfig, match=r"lets the head not in: WRONGPASS .*Correct user and password") as raised:
        ask(f"redis://{user}@127.0.0.1:{server.port}")

    assert "wrong@" not in str(raised.value)


def test_nor_will_none(server: RedisServer) -> None:
    with pytest.raises(BadConfig, match="lets the head not in: NOAUTH"):
        ask(f"redis://127.0.0.1:{server.port}")


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(secure: tuple[str, str]) -> None:
    with pytest.raises(BadConfig, match=r"not trusted: .*STORYWORLD_GCS_CA_CERT names who signed it"):
        ask(secure[0])


def test_nor_is_one_that_is_made_out_to_somebody_else(secure: tuple[str, str]) -> None:
    with pytest.raises(BadConfig, match=r"not trusted: .*STORYWORLD_GCS_SERVER_NAME"):
        ask(secure[0], STORYWORLD_GCS_CA_CERT=secure[1], STORYWORLD_GCS_SERVER_NAME="keeper.example")


def test_one_that_does_not_answer_may_be_back(secure: tuple[str, str]) -> None:
    for url in ("redis://127.0.0.1:9", secure[0].replace("rediss://", "redis://")):
        with pytest.raises(OutOfReach, match=r"The Redis for the head's state, 127\.0\.0\.1:"):
            ask(url)


def test_a_folder_is_made_where_one_can_be(tmp_path: Path) -> None:
    ask("rocksdb", STORYWORLD_HOME=str(tmp_path))

    assert [folder.name.partition("-")[0] for folder in (tmp_path / "gcs").iterdir()] == ["storyworld"]
    (tmp_path / "taken").touch()
    with pytest.raises(BadConfig, match=r"cannot be kept in .*Mount STORYWORLD_HOME"):
        ask("rocksdb", STORYWORLD_HOME=str(tmp_path / "taken"))


FIND_SESSION = """
import os, sys
from ray._private.services import get_address
from ray._raylet import get_session_key_from_storage
host, port, is_encrypted = get_address(os.environ["RAY_REDIS_ADDRESS"])
user, password = (next((option.partition("=")[2] for option in sys.argv if name in option), "") for name in ("username", "password"))
print(get_session_key_from_storage(host, int(port), user, password, is_encrypted, "", b"session_name"))
"""
"""What a head does first when it starts again: Ray's own client looks for its session in the state."""


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_ray_finds_its_state_where_and_as_it_is_told(server: RedisServer, secure: tuple[str, str], is_encrypted: bool) -> None:
    url, authority = secure
    wanted = {"STORYWORLD_GCS": url, "STORYWORLD_GCS_CA_CERT": authority} if is_encrypted else {"STORYWORLD_GCS": server.url}
    state = read_head_state({**wanted, "RAY_CLOUD_INSTANCE_ID": f"head-{is_encrypted}"})
    assert isinstance(state, InRedis)
    server.client().hset(f"RAY{state.namespace}@KV", "@namespace_session:session_name", "the-one-before")

    found = subprocess.run(
        [sys.executable, "-c", FIND_SESSION, *options_of(state)],
        env={**os.environ, **variables_of(state)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert found.stdout.strip() == "b'the-one-before'", found.stderr
