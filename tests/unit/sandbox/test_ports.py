"""Ports are chosen once, kept, and chosen again only when somebody took them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.ports import FIRST, LAST, PortBook, is_free

pytestmark = pytest.mark.unit


@pytest.fixture
def book(tmp_path: Path) -> Iterator[PortBook]:
    """Return an open book."""
    opened = PortBook(tmp_path / "ports.json")
    yield opened
    opened.close()


def listening(port: int) -> socket.socket:
    """Return a socket that listens on a port, as servers do: they allow reuse of the address."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", port))
    holder.listen()
    return holder


def test_a_port_is_kept_over_restarts(book: PortBook, tmp_path: Path) -> None:
    """A second book over the same file returns the ports of the first."""
    chosen = book.reserve("etcd", ["client", "peer"])
    book.close()
    again = PortBook(tmp_path / "ports.json")

    assert again.renew_taken("etcd") == {}
    assert again.reserve("etcd", ["client", "peer"]) == chosen
    again.close()


def test_what_one_sandbox_chose_another_does_not_choose(
    book: PortBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From choosing to listening takes seconds: the port is held meanwhile, and its own server may listen on it."""
    mine = book.reserve("etcd", ["client"])["client"]
    monkeypatch.setattr("headgate.sandbox.ports.FIRST", mine)
    monkeypatch.setattr("headgate.sandbox.ports.LAST", mine)
    other = PortBook(tmp_path / "other.json")

    with pytest.raises(HeadgateError, match="no free loopback port is left"):
        other.reserve("etcd", ["client"])
    with listening(mine):
        assert not is_free(mine)
    book.release("etcd")
    assert other.reserve("etcd", ["client"]) == {"client": mine}
    other.close()


def test_ports_come_from_below_the_ephemeral_range_and_never_twice(book: PortBook) -> None:
    """Fifty processes get fifty different ports of the sandbox's own range."""
    chosen = [book.reserve(f"process-{number}", ["http"])["http"] for number in range(50)]

    assert len(set(chosen)) == 50
    assert all(FIRST <= port <= LAST for port in chosen)


def test_only_a_taken_port_is_chosen_again(tmp_path: Path) -> None:
    """A port that another program listens on moves; its neighbour stays."""
    first = PortBook(tmp_path / "ports.json")
    before = first.reserve("registry", ["http", "debug"])
    first.close()
    book = PortBook(tmp_path / "ports.json")
    with listening(before["http"]):
        moved = book.renew_taken("registry")

    after = PortBook(tmp_path / "ports.json").of("registry")
    book.close()
    assert moved == {"http": (before["http"], after["http"])}
    assert after["http"] != before["http"]
    assert after["debug"] == before["debug"]


def test_a_released_process_has_no_ports(book: PortBook) -> None:
    """What will not come again gives its ports back."""
    book.reserve("west/etcd", ["client"])
    book.reserve("azure", ["http"])

    assert book.owners("west/") == ["west/etcd"]
    book.release("west/etcd")
    assert book.of("west/etcd") == {}


@pytest.mark.parametrize("content", ["", "[1, 2]", '{"etcd": {"client": "x"}}', "{"])
def test_a_damaged_book_is_begun_anew(tmp_path: Path, content: str) -> None:
    """Every port can be chosen again, so damage is no reason not to start."""
    path = tmp_path / "ports.json"
    path.write_text(content)

    book = PortBook(path)

    assert set(book.reserve("etcd", ["client"])) == {"client"}
    book.close()


def test_a_port_with_a_listener_is_not_free() -> None:
    """The probe sees listeners, and does not hold what it probed."""
    holder = listening(0)
    port = holder.getsockname()[1]

    assert not is_free(port)
    holder.close()
    assert is_free(port)
