"""Logs are capped without losing their latest lines, and a process's name can't lead out of the directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.sandbox.supervisor.logfiles import cut, log_path, tail

pytestmark = pytest.mark.unit


def test_an_outgrown_log_begins_anew_and_keeps_one_old_copy(tmp_path: Path) -> None:
    """The writer's open file goes on being the log."""
    path = tmp_path / "etcd.log"
    with path.open("ab") as writer:
        writer.write(b"x" * 100)
        writer.flush()
        assert cut(path, cap=50)
        writer.write(b"after")

    assert path.read_bytes() == b"after"
    assert path.with_suffix(".log.1").read_bytes() == b"x" * 100
    assert path.with_suffix(".log.1").stat().st_mode & 0o777 == 0o600


def test_a_log_under_its_cap_is_left_alone(tmp_path: Path) -> None:
    """Neither a small log nor a missing one is cut."""
    (tmp_path / "etcd.log").write_text("small")

    assert not cut(tmp_path / "etcd.log", cap=50)
    assert not cut(tmp_path / "missing.log", cap=50)
    assert (tmp_path / "etcd.log").read_text() == "small"


def test_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    """A missing log has none."""
    (tmp_path / "a.log").write_text("one\ntwo\nthree\n")

    assert tail(tmp_path / "a.log", 2) == ["two", "three"]
    assert tail(tmp_path / "b.log") == []


def test_a_region_s_log_is_in_its_folder(tmp_path: Path) -> None:
    """The folder is made, private."""
    assert log_path(tmp_path, "west/etcd") == tmp_path / "west" / "etcd.log"
    assert (tmp_path / "west").stat().st_mode & 0o777 == 0o700


def test_a_name_that_leads_out_is_refused(tmp_path: Path) -> None:
    """Logs are written nowhere else."""
    with pytest.raises(ValueError, match="can't be named"):
        log_path(tmp_path / "logs", "../../etc/passwd")
