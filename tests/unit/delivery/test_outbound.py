"""The client itself: time, size, certificates."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from intent_segments.delivery.outbound import NoAnswer, NotReached, Outbound
from tests.unit.delivery.receiver import Receiver, outbound, receiver


def drip(seconds: float, head: bytes) -> object:
    """A reply that sends `head` and then one byte at a time."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b"x")
            time.sleep(0.02)

    return reply


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=repr
)
def test_a_receiver_that_answers_a_byte_at_a_time_is_left_at_the_deadline(
    here: Receiver, head: bytes
) -> None:
    here.replies.append(drip(1.0, head))  # type: ignore[arg-type]
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        outbound(here, seconds=0.2).post(here.url, {}, b"{}")
    assert time.monotonic() - began < 0.9


def test_a_receiver_that_accepts_and_says_nothing_gave_no_answer(here: Receiver) -> None:
    here.replies.append(lambda handler: time.sleep(0.5))
    with pytest.raises(NoAnswer, match="timeout"):
        outbound(here, seconds=0.1).post(here.url, {}, b"{}")


def test_a_body_without_end_is_not_read(here: Receiver) -> None:
    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(10_000):
            handler.wfile.write(b"x" * 65_536)

    here.replies.append(flood)
    began = time.monotonic()
    assert outbound(here).post(here.url, {}, b"{}").status == 200
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "said",
    [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200],
    ids=["nothing", "no HTTP", "no status", "too many headers"],
)
def test_what_is_no_answer_counts_as_none(here: Receiver, said: bytes) -> None:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(said)

    here.replies.append(reply)
    with pytest.raises(NoAnswer):
        outbound(here, seconds=1).post(here.url, {}, b"{}")


def test_a_closed_port_was_not_reached() -> None:
    with receiver() as gone:
        pass
    with pytest.raises(NotReached, match="ConnectionRefusedError"):
        outbound(gone).post(gone.url, {}, b"{}")


def test_a_name_without_an_entry_was_not_reached(here: Receiver) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(NotReached, match="was not found"):
        Outbound(here.rules, time.monotonic, resolve).post(here.url, {}, b"{}")


def test_the_receiver_sees_its_own_name_and_the_whole_path(here: Receiver) -> None:
    outbound(here).post(here.url, {"x": "y"}, b"{}")
    [(path, headers, body)] = here.seen
    assert (path, headers["host"], headers["x"], body) == (
        "/hook?token=t",
        f"localhost:{here.port}",
        "y",
        b"{}",
    )


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(what the server shows, what trusts it) for a certificate in `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    try:
        shown: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        shown = x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([shown]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "pem"
    pem.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


def test_the_certificate_is_verified_for_the_name_though_the_address_is_what_is_connected_to(
    tmp_path: Path,
) -> None:
    server, trust = certificate(tmp_path, "receiver.example")
    names: list[str | None] = []
    server.sni_callback = lambda sock, name, context: names.append(name)
    with receiver(server) as here:
        client = Outbound(here.rules, time.monotonic, lambda *_: ["127.0.0.1"], trust)
        answer = client.post(f"https://receiver.example:{here.port}/", {}, b"{}")
        assert answer.status == 204 and names == ["receiver.example"]
        with pytest.raises(NotReached, match="certificate: Hostname mismatch"):
            client.post(f"https://localhost:{here.port}/", {}, b"{}")
        assert len(here.seen) == 1


def test_a_certificate_that_nobody_trusts_is_refused(tmp_path: Path) -> None:
    server, _ = certificate(tmp_path, "receiver.example")
    with receiver(server) as here:
        client = Outbound(here.rules, time.monotonic, lambda *_: ["127.0.0.1"])
        with pytest.raises(NotReached, match="certificate: self-signed"):
            client.post(f"https://receiver.example:{here.port}/", {}, b"{}")
        assert here.seen == []


def test_the_next_checked_address_is_tried_when_the_first_refuses(here: Receiver) -> None:
    client = Outbound(here.rules, time.monotonic, lambda *_: ["127.0.0.2", "127.0.0.1"])
    assert client.post(here.url, {}, b"{}").status == 204
