"""The server of one run: what is said before a process is started."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.server import OpaServer

pytestmark = pytest.mark.unit


def test_a_folder_too_deep_for_a_socket_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the path that is to be changed, and not the rules or the tools; nothing is left behind."""
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))

    with (
        pytest.raises(HeadgateError, match="OPA can't be asked, so nothing was judged") as caught,
        OpaServer(Bundle.find(CHECKOUT / "policies")),
    ):
        pass

    assert ("for its socket" in str(caught.value.found), "TMPDIR" in str(caught.value.fix)) == (True, True)
    assert list(deep.iterdir()) == []
