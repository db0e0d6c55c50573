"""A `go` on PATH that behaves as the real one does in each situation, and an empty cache."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

# ruff: noqa: E501 - Go writes long lines
# Messages are the real program's own. A build writes a program to the -o argument and a line to `builds`.
FAKE_GO = """#!/bin/bash
cd "$(dirname "$0")"
if [ "$1" = version ]; then echo "go version go$(cat version) linux/amd64"; exit; fi
while [ $# -gt 0 ]; do [ "$1" = -o ] && out="$2"; last="$1"; shift; done
echo "$last GOTOOLCHAIN=$GOTOOLCHAIN GOFLAGS=$GOFLAGS GOWORK=$GOWORK" >> builds
case "$(cat mode)" in
  network) echo 'go: github.com/open-policy-agent/opa@v1.22.0: Get "https://proxy/x.zip": dial tcp: lookup proxy: no such host' >&2; exit 1;;
  full) echo 'go: writing output: write /tmp/go-build1/b001/exe/a.out: no space left on device' >&2; exit 1;;
  checksum) printf 'verifying github.com/x/y@v1.0.0: checksum mismatch\\n\\tdownloaded: h1:a=\\n\\tgo.sum:     h1:b=\\n\\nSECURITY ERROR\\nThis download does NOT match an earlier download recorded in go.sum.\\n' >&2; exit 1;;
  compile) printf '# github.com/x/y\\n./y.go:3:1: undefined: z\\n' >&2; exit 1;;
  toolchain) echo 'go: go.mod requires go >= 1.99.0 (running go 1.26.8; GOTOOLCHAIN=local)' >&2; exit 1;;
  killed) echo 'github.com/x/y: /usr/local/go/pkg/tool/linux_amd64/compile: signal: killed' >&2; exit 1;;
  sums) echo 'y.go:1:2: missing go.sum entry for module providing package github.com/x/y; to add:' >&2; exit 1;;
  hang) echo half > "$out"; sleep 600 & echo "$! $$" > pids.new; mv pids.new pids; wait;;
  slow) while [ ! -e proceed ]; do sleep 0.05; done;;
esac
printf '#!/bin/sh\\necho built\\n' > "$out"
chmod +x "$out"
"""


@dataclass(frozen=True)
class Machine:
    """A machine with a Go of ours, an empty cache and nothing else of interest on PATH."""

    root: Path

    @property
    def go(self) -> Path:
        """Return the directory of the `go` executable."""
        return self.root / "gobin"

    @property
    def cache(self) -> Path:
        """Return the tool cache."""
        return self.root / "tools"

    def mode(self, mode: str) -> None:
        """Say how the next builds go."""
        (self.go / "mode").write_text(mode)

    def builds(self) -> list[str]:
        """Return the packages that were built, with the environment that Go got."""
        log = self.go / "builds"
        return log.read_text().splitlines() if log.exists() else []

    def left_over(self) -> list[str]:
        """Return what a build left in the store that is no entry."""
        return sorted(path.name for path in (self.cache / "store").glob("*/.*"))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `headgate toolchain …` in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "headgate.cli.main", "toolchain", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ.copy(),
            start_new_session=True,
        )


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Set the machine up."""
    made = Machine(tmp_path)
    made.go.mkdir()
    (made.go / "go").write_text(FAKE_GO)
    (made.go / "go").chmod(0o755)
    (made.go / "version").write_text("1.26.8")
    made.mode("well")
    monkeypatch.setenv("PATH", f"{made.go}:/usr/bin:/bin")
    monkeypatch.setenv("HEADGATE_TOOLS", str(made.cache))
    monkeypatch.setenv("HEADGATE_STATE", str(tmp_path / "state"))
    return made
