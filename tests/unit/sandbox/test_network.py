"""The network map: each owner replaces its own entries, and lookups see all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox import network
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.unit


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    """Return an empty state directory."""
    return StateDir(tmp_path)


def test_names_of_all_owners_resolve(state: StateDir) -> None:
    """Two owners' entries are one map; names are compared as DNS does."""
    network.publish(state, "registry", {"hg.azurecr.io:443": "127.0.0.1:20001"})
    network.publish(state, "edge", {"www.example.net:443": "127.0.0.1:20002"})

    assert network.read(state) == {
        "hg.azurecr.io:443": "127.0.0.1:20001",
        "www.example.net:443": "127.0.0.1:20002",
    }
    assert network.resolve(state, "HG.azurecr.io.", 443) == ("127.0.0.1", 20001)


def test_an_unknown_name_or_port_does_not_resolve(state: StateDir) -> None:
    """Nothing stands behind another port of a known name."""
    network.publish(state, "registry", {"hg.azurecr.io:443": "127.0.0.1:20001"})

    assert network.resolve(state, "hg.azurecr.io", 80) is None
    assert network.resolve(state, "example.org", 443) is None


def test_publishing_replaces_only_the_owners_entries(state: StateDir) -> None:
    """An owner's old names vanish; another's stay."""
    network.publish(state, "registry", {"old.azurecr.io:443": "127.0.0.1:1"})
    network.publish(state, "edge", {"www.example.net:443": "127.0.0.1:2"})
    network.publish(state, "registry", {"new.azurecr.io:443": "127.0.0.1:3"})

    assert network.read(state) == {"new.azurecr.io:443": "127.0.0.1:3", "www.example.net:443": "127.0.0.1:2"}


def test_a_withdrawn_owner_leaves_no_file(state: StateDir) -> None:
    """Withdrawing is publishing nothing."""
    network.publish(state, "registry", {"old.azurecr.io:443": "127.0.0.1:1"})
    network.withdraw(state, "registry")

    assert list(state.network.iterdir()) == []


def test_the_file_is_its_owners_alone(state: StateDir) -> None:
    """Map files are private, like everything in the state."""
    network.publish(state, "registry", {"old.azurecr.io:443": "127.0.0.1:1"})

    assert (state.network / "registry.json").stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_an_error_that_names_it(state: StateDir) -> None:
    """A lookup must not pass over what it can't read."""
    state.network.mkdir()
    (state.network / "edge.json").write_text("{")

    with pytest.raises(HeadgateError) as caught:
        network.resolve(state, "www.example.net", 443)
    assert caught.value.where == str(state.network / "edge.json")


@pytest.mark.parametrize("owner", ["", "../edge", "a/b", ".hidden"])
def test_an_owner_is_one_word(state: StateDir, owner: str) -> None:
    """An owner's name can't lead out of the directory."""
    with pytest.raises(HeadgateError):
        network.publish(state, owner, {"a:1": "b:2"})


@pytest.mark.parametrize("address", ["nohost", ":443", "host:", "host:https"])
def test_an_address_has_a_host_and_a_port(state: StateDir, address: str) -> None:
    """What could never be connected to is refused when it is published."""
    with pytest.raises(HeadgateError):
        network.publish(state, "edge", {address: "127.0.0.1:1"})
