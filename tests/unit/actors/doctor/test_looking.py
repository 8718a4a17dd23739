"""How a machine sees itself: the tables of Linux and of NVIDIA's driver are read as they are written."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.doctor.listeners import Socket, listeners_here, listening
from actors.doctor.looking import disks_of, gpus_in, kept_in

TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0
   1: 00000000:ACB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 102 1 0
   2: 0100007F:1F40 0100007F:9C4A 01 00000000:00000000 00:00000000 00000000     0        0 103 1 0
"""
TABLE_6 = """  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000001000000:2049 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 201 1
   1: 00000000000000000000000000000000:204A 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 202 1
   2: 0000000000000000FFFF00000705A8C0:204B 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 203 1
"""


def test_only_what_listens_is_read_with_its_address() -> None:
    assert list(listening(TABLE)) == [
        Socket(address="127.0.0.1", port=8000, inode="101"),
        Socket(address="0.0.0.0", port=44217, inode="102"),
    ]
    assert [(one.address, one.port) for one in listening(TABLE_6)] == [("::1", 8265), ("::", 8266), ("192.168.5.7", 8267)]


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        said = {"/metrics": b"# TYPE a gauge", "/episodes": b"<html>a page for every path</html>"}.get(self.path)
        self.send_response(200 if said else 401)
        self.end_headers()
        self.wfile.write(said or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(30)


def a_proc(root: Path, port: int, command: str) -> Path:
    """One process, of this command line, that has the socket 101 in its hands."""
    (root / "net").mkdir(parents=True)
    (root / "net" / "tcp").write_text(TABLE.replace("0100007F:1F40 00000000", f"0100007F:{port:04X} 00000000"))
    fd = root / str(os.getpid()) / "fd"
    fd.mkdir(parents=True)
    (fd.parent / "cmdline").write_bytes(command.replace(" ", "\0").encode())
    (fd / "3").symlink_to("socket:[101]")
    (fd / "4").symlink_to("/dev/null")
    return root


@pytest.mark.slow
def test_a_port_of_rays_is_knocked_at_and_what_it_shows_a_stranger_is_known(tmp_path: Path, port: int) -> None:
    found = listeners_here(a_proc(tmp_path / "proc", port, "ray::ProxyActor"))
    assert found is not None
    [one] = found
    assert (one.port, one.process, one.is_reachable, one.answers) == (port, "ray::ProxyActor", False, frozenset({"/metrics"}))


def test_other_programs_are_left_alone(tmp_path: Path, port: int) -> None:
    assert listeners_here(a_proc(tmp_path / "proc", port, "/usr/bin/postgres -D data")) == ()
    assert listeners_here(tmp_path / "no-proc") is None


def test_a_file_system_is_looked_at_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    [disk] = disks_of(tmp_path, tmp_path / "sub")
    assert disk.path == str(tmp_path)
    assert 0 < disk.free_bytes <= disk.total_bytes


def test_gpus_are_read_and_one_without_numbers_is_left_out() -> None:
    [gpu] = gpus_in("NVIDIA L4, 120, 23034\nNVIDIA H200, [N/A], [N/A]\n")
    assert (gpu.name, gpu.used_bytes, gpu.total_bytes) == ("NVIDIA L4", 120 * 1024**2, 23034 * 1024**2)


@pytest.mark.parametrize(
    ("variables", "where"),
    [
        ({}, ""),
        ({"RAY_gcs_storage": "memory"}, ""),
        ({"RAY_gcs_storage": "rocksdb", "RAY_gcs_storage_path": "/data/gcs"}, "RocksDB"),
        ({"RAY_REDIS_ADDRESS": "rediss://keeper:6379"}, "Redis"),
    ],
)
def test_where_ray_keeps_its_state_is_read_from_its_own_variables(variables: dict[str, str], where: str) -> None:
    assert kept_in(variables) == where
