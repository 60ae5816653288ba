"""Over the whole corpus no hostile address is contacted, while a benign receiver is, in one run."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from intent_local.stack.project import CHECKOUT
from intent_segments.delivery.addresses import AddressRefused
from intent_segments.delivery.outbound import NotReached, Outbound
from intent_segments.delivery.urls import Rules
from intent_segments.errors import InvalidInput
from tests.unit.delivery.hostile_urls import (
    PUBLIC,
    REDIRECTS,
    REFUSED_BY_ADDRESS,
    REFUSED_BY_FORM,
)
from tests.unit.delivery.receiver import Receiver, batch, outbound, webhook
from tests.unit.delivery.tried import TRIED

HEADERS = {"content-type": "application/json"}
STATUSES = (301, 302, 303, 307, 308)


@pytest.fixture
def contacted(monkeypatch: pytest.MonkeyPatch, here: Receiver) -> Iterator[list[tuple[str, int]]]:
    """Every address that any socket of this process is connected to; only the receiver's works."""
    made: list[tuple[str, int]] = []
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: tuple[str, int]) -> None:
        made.append(address[:2])
        if address[:2] != ("127.0.0.1", here.port):
            raise ConnectionRefusedError
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded)
    yield made


def test_the_corpus_is_large_has_no_row_twice_and_is_counted_in_the_documentation() -> None:
    urls = [url for url, *_ in [*REFUSED_BY_ADDRESS, *REFUSED_BY_FORM]]
    assert len(urls) == len(set(urls)) >= 150
    page = (CHECKOUT / "docs/destinations.md").read_text()
    redirects = len(REDIRECTS) * len(STATUSES)
    assert f"{len(urls)} hostile URLs and {redirects} redirects" in page


def test_no_hostile_url_is_contacted_while_a_benign_receiver_is_reached(
    here: Receiver, contacted: list[tuple[str, int]]
) -> None:
    names = {url.split("/")[2]: answers for url, answers, _ in REFUSED_BY_ADDRESS}
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return list(names[host])

    client = Outbound(here.rules, time.monotonic, resolve)
    for url, _, why in REFUSED_BY_ADDRESS:
        with pytest.raises(AddressRefused):
            client.post(url, HEADERS, b"{}")
            pytest.fail(f"{url} was contacted: {why}")
    looked_up = len(asked)
    for url, why in REFUSED_BY_FORM:
        with pytest.raises(InvalidInput):
            client.post(url, HEADERS, b"{}")
            pytest.fail(f"{url!r} was contacted: {why}")
    TRIED.urls += len(REFUSED_BY_ADDRESS) + len(REFUSED_BY_FORM)
    TRIED.connections += len(contacted)
    assert contacted == []
    assert len(asked) == looked_up, "a URL that is refused by its form is not looked up"

    assert outbound(here).post(here.url, HEADERS, b"{}").status == 204
    assert contacted == [("127.0.0.1", here.port)] and len(here.seen) == 1


def test_a_name_that_answers_differently_the_second_time_is_asked_once(
    here: Receiver, contacted: list[tuple[str, int]]
) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["169.254.169.254"]])
    client = Outbound(Rules(), time.monotonic, lambda host, port: next(answers))
    with pytest.raises(NotReached):
        client.post("https://rebinding.evil.com/", HEADERS, b"{}")
    assert contacted == [(PUBLIC, 443)], "the address that was checked, and no other"
    with pytest.raises(AddressRefused):
        client.post("https://rebinding.evil.com/", HEADERS, b"{}")
    assert len(contacted) == 1


@pytest.mark.parametrize("location", REDIRECTS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_redirect_is_a_failure_and_is_never_followed(
    here: Receiver, contacted: list[tuple[str, int]], status: int, location: str
) -> None:
    here.replies.append((status, {"Location": location, "Refresh": f"0; url={location}"}))
    [receipt] = webhook(here).send(batch())
    TRIED.redirects += 1
    TRIED.connections += len(contacted) - 1
    assert (receipt.status, receipt.last_status, receipt.attempts) == ("failed", status, 1)
    assert contacted == [("127.0.0.1", here.port)]


def test_a_proxy_of_the_environment_is_not_used(
    here: Receiver, contacted: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://10.0.0.1:3128")
    outbound(here).post(here.url, HEADERS, b"{}")
    assert contacted == [("127.0.0.1", here.port)]


@pytest.mark.parametrize("answer", ["169.254.169.254", "fd00:ec2::254", "0.0.0.0", "fe80::1"])
def test_a_host_that_is_allowed_by_name_still_reaches_no_metadata(
    here: Receiver, contacted: list[tuple[str, int]], answer: str
) -> None:
    client = Outbound(here.rules, time.monotonic, lambda host, port: [answer])
    with pytest.raises(AddressRefused):
        client.post(here.url, HEADERS, b"{}")
    assert contacted == []


def test_a_host_is_allowed_with_its_port_alone(
    here: Receiver, contacted: list[tuple[str, int]]
) -> None:
    with pytest.raises(InvalidInput, match="https"):
        outbound(here).post("http://localhost:9/", HEADERS, b"{}")
    assert contacted == []


def test_nothing_private_is_allowed_unless_it_is_named(
    here: Receiver, contacted: list[tuple[str, int]]
) -> None:
    client = Outbound(Rules(), time.monotonic, lambda host, port: ["127.0.0.1"])
    with pytest.raises(InvalidInput):
        client.post(here.url, HEADERS, b"{}")
    assert contacted == [] and here.seen == []


@pytest.mark.parametrize("url", ["https://93.184.216.34/", "https://[2606:4700::1111]/x?y=%20z"])
def test_a_public_address_may_be_contacted(url: str, contacted: list[tuple[str, int]]) -> None:
    with pytest.raises(NotReached):
        Outbound(Rules(), time.monotonic).post(url, HEADERS, b"{}")
    assert contacted == [(url.split("/")[2].strip("[]"), 443)]


@pytest.mark.parametrize(("host", "helps"), [("10.0.0.1", True), ("169.254.169.254", False)])
def test_a_refusal_names_a_remedy_that_helps(here: Receiver, host: str, helps: bool) -> None:
    with pytest.raises(AddressRefused) as refused:
        outbound(here).post(f"https://{host}/", HEADERS, b"{}")
    assert ("allowed by name" in refused.value.message) is helps
