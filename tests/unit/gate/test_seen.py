"""No edition of facts comes back: what was believed of a registry is remembered from one run to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.gate import seen
from headgate.gate.seen import Seen

pytestmark = pytest.mark.unit


def edition(serial: int, registry: str = "hg.azurecr.io") -> dict[str, Any]:
    """Return what is looked at of an edition."""
    return {"registry": registry, "serial": serial, "at": f"2026-03-01T12:{serial:02}:00Z"}


@pytest.fixture
def memory(tmp_path: Path) -> Seen:
    """Return the memory of a key's editions, which has none yet."""
    key = tmp_path / "facts.pub"
    key.write_text("key")
    return Seen(tmp_path / "seen", key)


def test_an_older_edition_is_refused_with_both_serials_and_where_to_look(memory: Seen) -> None:
    """Signed and not yet over: it was true once. The same again, and a later one, are let through."""
    for serial in (5, 5, 7):
        memory.admit(edition(serial), "facts.tar.gz")

    with pytest.raises(HeadgateError, match="older than what was believed here before") as caught:
        Seen(memory.folder, memory.key).admit(edition(6), "facts.tar.gz")

    assert (caught.value.where, caught.value.found, caught.value.expected) == (
        "facts.tar.gz",
        "serial 6 of hg.azurecr.io, made 2026-03-01T12:06:00Z",
        "serial 7 or a later one, made 2026-03-01T12:07:00Z",
    )
    (file,) = memory.folder.glob("*.json")
    assert (str(file) in str(caught.value.fix), int(caught.value.exit_code)) == (True, 2)


def test_each_registry_and_each_key_has_a_sequence_of_its_own(memory: Seen, tmp_path: Path) -> None:
    """Another environment's facts, and those of a key that was replaced, begin where they begin."""
    other = tmp_path / "other.pub"
    other.write_text("other")
    memory.admit(edition(9), "a")

    memory.admit(edition(1, "other.azurecr.io"), "b")
    Seen(memory.folder, other).admit(edition(1), "c")

    assert len(list(memory.folder.glob("*.json"))) == 3


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"serial": "x"}', '{"serial": null}'])
def test_a_memory_that_says_nothing_is_no_reason_to_begin_anew(memory: Seen, content: str) -> None:
    """It is an error that names the file."""
    memory.admit(edition(9), "a")
    (file,) = memory.folder.glob("*.json")
    file.write_text(content)

    with pytest.raises(HeadgateError, match="can't be told, so nothing was judged") as caught:
        memory.admit(edition(10), "a")

    assert caught.value.where == str(file)


def test_what_can_not_be_remembered_is_an_error(memory: Seen) -> None:
    """Facts that could come back unnoticed are not believed."""
    memory.folder.write_text("a file where the folder should be")

    with pytest.raises(HeadgateError, match="can't be remembered, so nothing was judged") as caught:
        memory.admit(edition(1), "a")

    assert seen.VARIABLE in str(caught.value.fix)


def test_it_is_kept_with_the_user_s_state_unless_a_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job names a directory that outlives it."""
    monkeypatch.delenv(seen.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    own = seen.folder()
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    default = seen.folder()
    monkeypatch.setenv(seen.VARIABLE, str(tmp_path / "cache"))

    assert [own, default, seen.folder()] == [
        tmp_path / "headgate" / "facts",
        tmp_path / "home" / ".local" / "state" / "headgate" / "facts",
        tmp_path / "cache",
    ]
