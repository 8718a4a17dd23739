"""TLS before a server that has none, as hosted servers have it: with a certificate of an authority of our own."""

from __future__ import annotations

import datetime
import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@contextmanager
def tls_before(port: int, folder: Path) -> Iterator[tuple[int, Path]]:
    """The port that speaks TLS and passes on to `port`, and the certificate that its clients have to trust."""
    authority = _write_certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = threading.Thread(target=_accept, args=(listening, context, port), daemon=True)
        accepting.start()
        yield listening.getsockname()[1], authority
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()


def _accept(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):  # the block has ended
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_pass_on, args=(client, context, port), daemon=True).start()


def _pass_on(client: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """Until one side ends. A client that does not trust us ends the handshake."""
    with (
        suppress(OSError),
        client,
        context.wrap_socket(client, server_side=True) as secure,
        socket.create_connection(("127.0.0.1", port)) as server,
    ):
        while True:  # one thread reads and writes: two may not use one TLS connection at once
            for one in _readable(secure, server):
                one.settimeout(0.01)  # what has come may be half a record, or no data at all
                try:
                    data = one.recv(65536)
                except TimeoutError:
                    continue
                if not data:
                    return
                other = server if one is secure else secure
                other.settimeout(5)
                other.sendall(data)


def _readable(secure: ssl.SSLSocket, server: socket.socket) -> list[socket.socket]:
    """Waits for at least one of them."""
    if secure.pending():  # read and deciphered already, so that nothing more may come
        return [secure]
    readable, _, _ = select.select([secure, server], [], [])
    return list(readable)


def _write_certificates(folder: Path) -> Path:
    """An authority that nobody knows, and a server's certificate of its."""
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = _named("an authority of our own")
    authority = _certificate(authority_name, authority_name, authority_key.public_key(), is_authority=True)
    server = _certificate(_named("a server"), authority_name, server_key.public_key(), is_authority=False)
    pem = serialization.Encoding.PEM
    path = folder / "authority.pem"
    path.write_bytes(authority.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    (folder / "server.pem").write_bytes(server.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    key = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(key)
    return path


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, is_authority: bool
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(loopback, critical=False)
    )
