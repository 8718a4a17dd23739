"""Where a head's Ray keeps what it knows of the cluster: what is kept outlives a kill -9, and workers with their warm models with it."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from cluster.errors import BadConfig

SETTING = "STORYWORLD_GCS"
"""memory, rocksdb, redis://… or rediss://…; the last two may hold a password."""
_CA_CERT = "STORYWORLD_GCS_CA_CERT"
_SERVER_NAME = "STORYWORLD_GCS_SERVER_NAME"
_HOW = f"Set {SETTING} to memory, rocksdb, redis://[user:password@]host:port or rediss://…"


@dataclass(frozen=True, kw_only=True, slots=True)
class InMemory:
    """Goes with the process."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDisk:
    """In RocksDB, which one head at a time may open."""

    folder: Path
    """Of this head alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InRedis:
    host: str
    port: int
    user: str
    password: SecretStr
    is_encrypted: bool
    ca_cert: Path | None
    """Of whoever signs the server's certificate; none: the authorities that this machine trusts."""
    server_name: str | None
    """That its certificate is made out to, and that it is asked for by; none: `host`."""
    namespace: str
    """Of this head's keys: one server may keep the state of many."""

    @property
    def expected_name(self) -> str:
        return self.server_name or self.host


HeadState = InMemory | OnDisk | InRedis


def read_head_state(variables: Mapping[str, str]) -> HeadState:
    """Raises BadConfig, which never names the password. Looks at no disk and asks no server."""
    wanted = variables.get(SETTING) or "memory"
    home = Path(variables.get("STORYWORLD_HOME") or ".").absolute()
    tls = sorted(name for name in (_CA_CERT, _SERVER_NAME) if variables.get(name))
    if tls and not wanted.startswith("rediss://"):
        raise BadConfig(f"{tls[0]} is set, but {SETTING} is not rediss://, so nothing is encrypted.", "Unset it, or encrypt.")
    match wanted:
        case "memory":
            return InMemory()
        case "rocksdb":
            return OnDisk(folder=home / "gcs" / _own_name(variables))
        case _:
            return _in_redis(wanted, variables, home)


def _in_redis(url: str, variables: Mapping[str, str], home: Path) -> InRedis:
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
    except ValueError:
        raise BadConfig(f"{SETTING} has no port that can be read.", _HOW) from None
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise BadConfig(f"{SETTING} is neither memory, rocksdb nor the URL of a Redis server.", _HOW)
    _check_rest(parts)
    return InRedis(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=SecretStr(unquote(parts.password or "")),
        is_encrypted=parts.scheme == "rediss",
        ca_cert=_ca_cert(variables.get(_CA_CERT), home),
        server_name=variables.get(_SERVER_NAME) or None,
        namespace=_own_name(variables),
    )


def _check_rest(parts: SplitResult) -> None:
    if parts.path not in ("", "/", "/0") or parts.query or parts.fragment:
        raise BadConfig(f"{SETTING} names a database or options, and Ray knows only database 0.", "End it after the port.")
    if parts.username and not parts.password:
        raise BadConfig(f"{SETTING} names a user and no password.", "Write user:password@, or :password@ for the default user.")


def _ca_cert(path: str | None, home: Path) -> Path | None:
    """Relative ones hang on the home, as all of ours do."""
    if not path:
        return None
    found = home / path
    if not found.is_file():
        raise BadConfig(
            f"{_CA_CERT} is {found}, which is no file.", "Name the certificate of whoever signed the Redis server's."
        )
    return found


def _own_name(variables: Mapping[str, str]) -> str:
    """Another for each head that is ordered, and for another Ray: what those find would be of nodes that are gone, or not to be read."""
    own = (variables.get(name) for name in ("RAY_CLOUD_INSTANCE_ID", "RUNPOD_POD_ID", "CLUSTER_ID"))
    name = next(filter(None, own), "storyworld")
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', name)}-ray-{version('ray')}"


def variables_of(state: HeadState) -> dict[str, str]:
    """What Ray's processes on the head read."""
    match state:
        case InMemory():
            return {}
        case OnDisk(folder=folder):
            return {"RAY_gcs_storage": "rocksdb", "RAY_gcs_storage_path": str(folder)}
        case InRedis():
            scheme = "rediss" if state.is_encrypted else "redis"
            address = {
                "RAY_REDIS_ADDRESS": f"{scheme}://{_bracketed(state.host)}:{state.port}",
                "RAY_external_storage_namespace": state.namespace,
            }
            return {**address, **_trusted(state)} if state.is_encrypted else address


def _trusted(state: InRedis) -> dict[str, str]:
    """Without being told, Ray trusts nobody, and asks for no name."""
    name = {} if _is_address(state.expected_name) else {"RAY_REDIS_SERVER_NAME": state.expected_name}
    usual = ssl.get_default_verify_paths()
    if state.ca_cert is not None or usual.cafile:
        return {**name, "RAY_REDIS_CA_CERT": str(state.ca_cert or usual.cafile)}
    return {**name, "RAY_REDIS_CA_PATH": usual.capath} if usual.capath else name


def options_of(state: HeadState) -> list[str]:
    """Of `ray start`, which takes a password in no other way: it stands in the head's own list of processes."""
    if not isinstance(state, InRedis) or not state.password.get_secret_value():
        return []
    user = [f"--redis-username={state.user}"] if state.user else []
    return [*user, f"--redis-password={state.password.get_secret_value()}"]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
