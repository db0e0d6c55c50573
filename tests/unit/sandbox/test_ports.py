"""Ports are chosen once, kept, and chosen again only when somebody took them."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from headgate.sandbox.ports import FIRST, LAST, PortBook, is_free

pytestmark = pytest.mark.unit


def listening(port: int) -> socket.socket:
    """Return a socket that holds a port, as another program would."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    holder.bind(("127.0.0.1", port))
    holder.listen()
    return holder


def test_a_port_is_kept_over_restarts(tmp_path: Path) -> None:
    """A second book over the same file returns the ports of the first."""
    chosen = PortBook(tmp_path / "ports.json").reserve("etcd", ["client", "peer"])

    assert PortBook(tmp_path / "ports.json").reserve("etcd", ["client", "peer"]) == chosen


def test_ports_come_from_below_the_ephemeral_range_and_never_twice(tmp_path: Path) -> None:
    """Fifty processes get fifty different ports of the sandbox's own range."""
    book = PortBook(tmp_path / "ports.json")

    chosen = [book.reserve(f"process-{number}", ["http"])["http"] for number in range(50)]

    assert len(set(chosen)) == 50
    assert all(FIRST <= port <= LAST for port in chosen)


def test_only_a_taken_port_is_chosen_again(tmp_path: Path) -> None:
    """A port that another program listens on moves; its neighbour stays."""
    book = PortBook(tmp_path / "ports.json")
    before = book.reserve("registry", ["http", "debug"])
    holder = listening(before["http"])
    try:
        moved = book.renew_taken("registry")
    finally:
        holder.close()

    after = PortBook(tmp_path / "ports.json").of("registry")
    assert moved == {"http": (before["http"], after["http"])}
    assert after["http"] != before["http"]
    assert after["debug"] == before["debug"]


def test_a_released_process_has_no_ports(tmp_path: Path) -> None:
    """What will not come again gives its ports back."""
    book = PortBook(tmp_path / "ports.json")
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

    assert set(PortBook(path).reserve("etcd", ["client"])) == {"client"}


def test_a_port_with_a_listener_is_not_free() -> None:
    """The probe sees listeners, and does not hold what it probed."""
    holder = listening(0)
    port = holder.getsockname()[1]

    assert not is_free(port)
    holder.close()
    assert is_free(port)
