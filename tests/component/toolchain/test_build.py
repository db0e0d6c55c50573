"""Builds with a `go` that succeeds, fails in every known way, hangs, and is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import ensure, locate, path_prefix, tool, tool_path

from .conftest import Machine

pytestmark = pytest.mark.component

OPA = "github.com/open-policy-agent/opa"


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_tool_is_built_once_with_explicit_settings(machine: Machine) -> None:
    """The first call builds, with Go's settings spelled out; the second finds the program and starts nothing."""
    first, second = ensure(["opa"]), ensure(["opa"])

    assert machine.builds() == [f"{OPA} GOTOOLCHAIN=local GOFLAGS=-buildvcs=false GOWORK=off"]
    assert first == second == {"opa": tool_path("opa")}
    record = json.loads((first["opa"].parent / "build.json").read_text())
    assert (record["version"], record["go"], len(record["sha256"])) == ("v1.22.0", "1.26.8", 64)


def test_another_go_builds_anew(machine: Machine) -> None:
    """A program of another Go version is another entry, so a security fix of Go reaches the tools."""
    with_old = ensure(["opa"])
    (machine.go / "version").write_text("1.26.9")
    (machine.go / "go").rename(machine.go / "go.old")
    newer = machine.root / "newer"
    newer.mkdir()
    for path in machine.go.iterdir():
        path.rename(newer / path.name.removesuffix(".old"))
    os.environ["PATH"] = f"{newer}:/usr/bin:/bin"

    with_new = ensure(["opa"])

    assert with_new != with_old
    assert "go1.26.9" in str(with_new["opa"])


def test_path_links_to_what_is_built(machine: Machine) -> None:
    """`toolchain path` gives a directory in which each built tool has its name, and the shims beside it."""
    ensure(["etcd"])
    state = StateDir.from_environment()

    links, shims = path_prefix(state).split(":")

    assert [path.name for path in sorted(Path(links).iterdir())] == ["etcd"]
    assert subprocess.check_output([Path(links) / "etcd"], text=True) == "built\n"
    assert shims == str(state.shims)


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "not executable": lambda path: path.chmod(0o644),
    "its SHA-256 is not the recorded one": lambda path: path.write_text("#!/bin/sh\necho evil\n"),
    "incomplete (No such file or directory)": lambda path: path.with_name("build.json").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_entry_is_told_and_rebuilt(machine: Machine, damage: str) -> None:
    """A cache entry that was damaged is never used: it is named as such, and the next build replaces it."""
    path = ensure(["opa"])["opa"]
    DAMAGES[damage](path)

    found = locate(tool("opa"))
    with pytest.raises(HeadgateError) as caught:
        tool_path("opa")
    rebuilt = ensure(["opa"])

    assert (found.source, found.detail, caught.value.fix) == ("damaged", damage, "headgate toolchain build opa")
    assert (rebuilt, subprocess.check_output([path], text=True)) == ({"opa": path}, "built\n")


def test_damage_that_keeps_size_and_time_is_found_by_the_hash(machine: Machine) -> None:
    """`toolchain build` hashes what is in the cache, so silent corruption does not pass it."""
    path = ensure(["opa"])["opa"]
    before = path.stat()
    path.write_text(path.read_text().replace("built", "bui1t"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    ensure(["opa"], thorough=True)

    assert subprocess.check_output([path], text=True) == "built\n"


FAILURES = {
    "network": ("the modules of opa could not be downloaded", "no such host"),
    "full": ("the disk is full: opa could not be built", "no space left on device"),
    "checksum": ("a module of opa is not the one that its go.sum names", "checksum mismatch"),
    "compile": ("opa v1.22.0 does not compile", "undefined: z"),
    "toolchain": ("Go is too old to build opa", "Go 1.26.8"),
    "killed": ("the compiler was killed while it built opa", "signal: killed"),
    "sums": ("toolchain/kubernetes/go.mod and go.sum don't belong together", "missing go.sum entry"),
}


@pytest.mark.parametrize("mode", FAILURES)
def test_failed_build_says_why_and_what_to_do(machine: Machine, mode: str) -> None:
    """Each way in which Go fails is one error with its cause, its log and a fix; nothing half-built stays."""
    machine.mode(mode)
    what, found = FAILURES[mode]

    with pytest.raises(HeadgateError) as caught:
        ensure(["opa"])

    error = caught.value
    assert error.what.startswith(what)
    assert found in str(error.found)
    assert error.where == str(machine.cache / "logs" / "opa.log")
    assert error.fix
    assert (machine.left_over(), locate(tool("opa")).source) == ([], "missing")


def test_no_go_says_what_to_install(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Go, the error names the version that is needed."""
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(HeadgateError) as caught:
        ensure(["opa"])

    assert caught.value.what == "the tools of toolchain/kubernetes are built with Go, and there is none on PATH"
    assert caught.value.expected == "Go 1.26.4 or newer"


def test_old_go_is_refused_before_it_starts(machine: Machine) -> None:
    """A Go older than go.mod says is told with both versions, and no build is tried."""
    (machine.go / "version").write_text("1.21.3")

    with pytest.raises(HeadgateError) as caught:
        ensure(["opa"])

    assert (caught.value.found, caught.value.expected) == ("Go 1.21.3", "Go 1.26.4 or newer")
    assert machine.builds() == []


def test_cache_without_go_is_used(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that got the cache but has no Go runs the tools."""
    built = ensure(["opa"])
    monkeypatch.setenv("PATH", "/nonexistent")

    assert ensure(["opa"]) == built


def test_pinned_version_on_path_is_used_instead(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program on PATH that reports the pinned version is used; one of another version is not."""
    mine, other = machine.root / "mine", machine.root / "other"
    for folder, version in ((mine, "1.22.0"), (other, "1.22.01")):
        folder.mkdir()
        (folder / "opa").write_text(f"#!/bin/sh\necho 'Version: {version}'\n")
        (folder / "opa").chmod(0o755)
    monkeypatch.setenv("PATH", f"{other}:{mine}:{os.environ['PATH']}")

    assert ensure(["opa"]) == {"opa": mine / "opa"}
    assert (locate(tool("opa")).source, machine.builds()) == ("PATH", [])


def test_two_builds_of_one_tool_build_it_once(machine: Machine) -> None:
    """The second terminal waits, says for whom, and uses the result."""
    machine.mode("slow")
    with machine.start("build", "opa") as first:
        wait_for(lambda: len(machine.builds()) == 1)
        with machine.start("build", "opa") as second:
            assert second.stderr is not None
            waiting = second.stderr.readline()
            (machine.go / "proceed").touch()
            _, rest = second.communicate(timeout=60)
        first.communicate(timeout=60)

    assert f"waiting: process {first.pid} builds it" in waiting
    assert "cache: " in rest
    assert (first.returncode, second.returncode, len(machine.builds())) == (0, 0, 1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_build_leaves_no_process_and_no_half_program(
    machine: Machine, number: signal.Signals, code: int
) -> None:
    """Ctrl-C and SIGTERM end Go and the compilers under it; the next build starts from nothing and succeeds."""
    machine.mode("hang")
    with machine.start("build", "opa") as build:
        wait_for((machine.go / "pids").exists)
        pids = [int(pid) for pid in (machine.go / "pids").read_text().split()]
        build.send_signal(number)
        build.communicate(timeout=60)
    left = machine.left_over()
    machine.mode("well")

    path = ensure(["opa"])["opa"]

    assert (build.returncode, left, [pid for pid in pids if alive(pid)]) == (code, [], [])
    assert subprocess.check_output([path], text=True) == "built\n"


def test_killed_build_leaves_nothing_that_the_next_one_would_use(machine: Machine) -> None:
    """After kill -9 in the middle, the lock is free, the half program is unknown, and the next build succeeds."""
    machine.mode("hang")
    with machine.start("build", "opa") as build:
        wait_for((machine.go / "pids").exists)
        build.kill()
        build.communicate(timeout=60)
    group = int((machine.go / "pids").read_text().split()[1])
    os.killpg(group, signal.SIGKILL)
    assert locate(tool("opa")).source == "missing"
    machine.mode("well")

    ensure(["opa"])

    assert machine.left_over() == []


def test_families_are_built_side_by_side_and_a_failure_stops_both(machine: Machine) -> None:
    """The first failure is the one that is told, and no tool is begun after it."""
    machine.mode("compile")

    with pytest.raises(HeadgateError) as caught:
        ensure(["opa", "etcd", "caddy"])

    assert "does not compile" in caught.value.what
    assert len(machine.builds()) <= 2


def test_unwritable_cache_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache directory that can't be made is an error that names HEADGATE_TOOLS."""
    file = machine.root / "file"
    file.touch()
    monkeypatch.setenv("HEADGATE_TOOLS", str(file / "tools"))

    with pytest.raises(HeadgateError) as caught:
        ensure(["opa"])

    assert caught.value.what == "opa could not be put into the tool cache"
    assert "HEADGATE_TOOLS" in str(caught.value.fix)


def test_list_says_where_each_tool_comes_from(machine: Machine) -> None:
    """`toolchain list --json` gives every tool with version, source and path."""
    built = ensure(["opa"])["opa"]

    with machine.start("list", "--json") as listing:
        rows = {row["tool"]: row for row in json.loads(listing.communicate(timeout=60)[0])}

    assert (rows["opa"]["source"], rows["opa"]["path"], rows["opa"]["version"]) == ("cache", str(built), "v1.22.0")
    assert {row["source"] for name, row in rows.items() if name != "opa"} == {"missing"}
