"""Where this pod is in its networks, and whether another machine listens."""

from __future__ import annotations

import fcntl
import socket
import struct

_SIOCGIFADDR = 0x8915  # netdevice(7)
_ANSWER_LIMIT_S = 3.0
_ANYWHERE = "10.255.255.255"


def address_of(interface: str) -> str | None:
    """Its IPv4 address; None while it has none, or is not there."""
    name = struct.pack("256s", interface.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            told = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, name)
        except OSError:
            return None
    return socket.inet_ntoa(told[20:24])


def address_towards(host: str) -> str | None:
    """This machine's own address on the way there (empty: on the way out); None while no way is known. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host or _ANYWHERE, 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return address


def answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_ANSWER_LIMIT_S):
            return True
    except OSError:
        return False
