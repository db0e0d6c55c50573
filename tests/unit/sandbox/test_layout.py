"""The state directory: modes, sockets that fit, and refusals that say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox import layout
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.unit


def test_a_state_directory_is_its_owners_alone(tmp_path: Path) -> None:
    """It is made with mode 0700, and one that was open is closed."""
    root = tmp_path / "state"
    root.mkdir(mode=0o755)

    StateDir(root).ensure()
    assert root.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_can_t_be_made_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    """A file in the way is named, and HEADGATE_STATE offered."""
    (tmp_path / "file").write_text("")

    with pytest.raises(HeadgateError) as caught:
        StateDir(tmp_path / "file" / "state").ensure()
    assert caught.value.where == str(tmp_path / "file" / "state")
    assert "HEADGATE_STATE" in str(caught.value.fix)


def test_a_socket_is_in_the_state_directory_where_it_fits(tmp_path: Path) -> None:
    """A short path is used as it is."""
    assert StateDir(Path("/srv/hg")).supervisor_socket == Path("/srv/hg/supervisor.sock")


def test_a_socket_that_would_not_fit_is_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long state directory gets a short one for its sockets, private, and the same each time."""
    monkeypatch.setattr(layout, "SHORT", tmp_path)
    state = StateDir(tmp_path / ("long" * 30)).ensure()

    socket = state.supervisor_socket
    assert socket == StateDir(state.root).supervisor_socket
    assert len(str(socket)) <= layout.SOCKET_PATH_LIMIT or len(str(tmp_path)) > 60
    assert socket.parent.parent == tmp_path
    assert socket.parent.stat().st_mode & 0o777 == 0o700


def test_a_socket_directory_that_others_can_enter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever made it first could listen in the sandbox's place."""
    monkeypatch.setattr(layout, "SHORT", tmp_path)
    state = StateDir(tmp_path / ("long" * 30))
    state.short_sockets.mkdir(mode=0o755)

    with pytest.raises(HeadgateError) as caught:
        state.ensure()
    assert caught.value.where == str(state.short_sockets)
