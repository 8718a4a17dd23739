"""Whether a head's state can be kept where it is to be. Of a Redis that refuses it, Ray itself says only that its GCS has ended."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster.entrypoint.head_state import HeadState, InMemory, InRedis, OnDisk
from cluster.errors import BadConfig, OutOfReach

_ANSWER_LIMIT_S = 5.0
_LONGEST_ANSWER = 4096
_FOR_GOOD = ("-WRONGPASS", "-NOAUTH", "-NOPERM", "-ERR")
"""Its other refusals pass: it is loading, or waits for its master."""


def check_state(state: HeadState) -> None:
    """Raises BadConfig for what will never work, OutOfReach for what may work soon."""
    match state:
        case InMemory():
            return
        case OnDisk(folder=folder):
            _check_folder(folder)
        case InRedis():
            _check_redis(state)


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"The head's state cannot be kept in {folder} ({error.strerror})."
        raise BadConfig(what, "Mount STORYWORLD_HOME for this user.") from error


def _check_redis(state: InRedis) -> None:
    where = f"The Redis for the head's state, {state.host}:{state.port},"
    try:
        with _line_to(state) as line:
            answer = _ping(line, state)
    except ssl.SSLCertVerificationError as error:
        what = f"{where} shows a certificate that is not trusted: {error.verify_message}."
        raise BadConfig(what, "STORYWORLD_GCS_CA_CERT names who signed it, STORYWORLD_GCS_SERVER_NAME its name.") from error
    except OSError as error:
        raise OutOfReach(f"{where} does not answer: {error}.", "Is it running, and can this pod reach it?") from error
    if answer.startswith(_FOR_GOOD):
        raise BadConfig(f"{where} lets the head not in: {answer[1:]}.", "Correct user and password in STORYWORLD_GCS.")
    if answer != "+PONG":
        raise OutOfReach(
            f"{where} answers, but not as Redis does: {answer[:80] or 'nothing'}.", "Is it loading, or behind TLS?"
        )


@contextmanager
def _line_to(state: InRedis) -> Iterator[socket.socket]:
    """Ray checks who signed the certificate, and not what it is made out to; so that is checked here, before each of its starts."""
    with socket.create_connection((state.host, state.port), timeout=_ANSWER_LIMIT_S) as line:
        if not state.is_encrypted:
            yield line
            return
        trust = ssl.create_default_context(cafile=str(state.ca_cert) if state.ca_cert is not None else None)
        with trust.wrap_socket(line, server_hostname=state.expected_name) as secure:
            yield secure


def _ping(line: socket.socket, state: InRedis) -> str:
    """The last line that it says."""
    with line.makefile("rwb") as file:
        words = [word for word in (state.user, state.password.get_secret_value()) if word]
        for command in ([["AUTH", *words]] if words else []) + [["PING"]]:
            parts = [f"*{len(command)}", *(part for word in command for part in (f"${len(word.encode())}", word))]
            file.write("".join(f"{part}\r\n" for part in parts).encode())
            file.flush()
            answer = file.readline(_LONGEST_ANSWER).decode(errors="replace").strip()
            if answer.startswith("-"):
                break
    return answer
