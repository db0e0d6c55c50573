"""A small project whose resources are objects of a trial provider, run by the real Pulumi CLI."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from headgate import engine
from headgate.engine.scratch import SANDBOX_SALT
from headgate.engine.update import Update
from headgate.sandbox import shims
from headgate.sandbox.layout import StateDir

STACK = "trial-sandbox"
# A preview starts every program once more. It is tried where it is what matters.
AT_ONCE = ("--skip-preview",)
PROGRAM = """
import json, pathlib, pulumi
wanted = json.loads(pathlib.Path(__file__).with_name("wanted.json").read_text())
for name, value in wanted.items():
    pulumi.CustomResource("kubernetes:core/v1:ConfigMap", name, {
        "metadata": {"namespace": "default", "name": name}, "data": {"value": value},
    })
pulumi.export("names", sorted(wanted))
"""


@dataclass(frozen=True)
class Trial:
    """A project, its state, and the directory of the objects that its provider made."""

    project: Path
    state: StateDir
    objects: Path

    def want(self, **values: str) -> None:
        """Ask for these objects and no others."""
        (self.project / "infra" / "wanted.json").write_text(json.dumps(values))

    def existing(self) -> list[str]:
        """Return the names of the objects that exist."""
        return sorted(path.stem.partition("~")[2] for path in self.objects.glob("*.json"))

    def halt(self, point: str) -> None:
        """Have the provider stop for ever at a point such as `after-create`."""
        (self.objects / f"halt-{point}").touch()

    def go_on(self) -> None:
        """Let the provider work again."""
        for path in [*self.objects.glob("halt-*"), self.objects / "reached"]:
            path.unlink(missing_ok=True)

    def deploy(self) -> Update:
        """Run `up` to its end."""
        return engine.up(STACK, project=self.project, state=self.state, arguments=AT_ONCE)

    def start_up(self) -> subprocess.Popen[bytes]:
        """Start `up` in a process of its own, to be killed."""
        code = (
            "from pathlib import Path; from headgate import engine; from headgate.sandbox import shims;"
            "from headgate.sandbox.layout import StateDir;"
            "shims._PROVIDERS['kubernetes'] = 'trial_kubernetes';"
            f"project, state = Path({str(self.project)!r}), StateDir(Path({str(self.state.root)!r}));"
            f"engine.up({STACK!r}, project=project, state=state, arguments={AT_ONCE!r})"
        )
        return subprocess.Popen([sys.executable, "-c", code], start_new_session=True)

    def kill_up_at(self, point: str) -> None:
        """Run `up` until the provider halts at a point, then kill the CLI as a power cut would."""
        self.halt(point)
        with self.start_up() as process:
            wait_for((self.objects / "reached").exists)
            for pid in children_of(process.pid, "pulumi"):
                os.kill(pid, signal.SIGKILL)
            process.wait(timeout=30)
        self.go_on()


def children_of(parent: int, name: str) -> list[int]:
    """Return the children of a process that have a name."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = status.read_text().rpartition(")")
        except OSError:
            continue
        pid, _, command = head.partition(" (")
        if command == name and int(tail.split()[1]) == parent:
            found.append(int(pid))
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def laid_out(root: Path, environment: pytest.MonkeyPatch) -> Trial:
    """Lay out the project; the engine finds the trial provider where the stand-in would be."""
    project, objects = root / "project", root / "objects"
    (project / "infra").mkdir(parents=True, exist_ok=True)
    (project / "stacks").mkdir(exist_ok=True)
    objects.mkdir(exist_ok=True)
    (project / "Pulumi.yaml").write_text("name: headgate\nruntime: python\nmain: infra/\nstackConfigDir: stacks\n")
    (project / "stacks" / f"Pulumi.{STACK}.yaml").write_text(f"encryptionsalt: {SANDBOX_SALT}\n")
    (project / "infra" / "__main__.py").write_text(PROGRAM)
    environment.setitem(shims._PROVIDERS, "kubernetes", "trial_kubernetes")
    environment.setenv("PYTHONPATH", str(Path(__file__).parent / "plugins"))
    environment.setenv("TRIAL_OBJECTS", str(objects))
    made = Trial(project, StateDir(root / "state"), objects)
    made.want(a="1", b="1")
    return made


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """Lay out a project that was never deployed."""
    return laid_out(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deploy a project once, to be copied: its deployment is not what a test of the next one is about."""
    root = tmp_path_factory.mktemp("standing")
    with pytest.MonkeyPatch.context() as environment:
        laid_out(root, environment).deploy()
    return root


@pytest.fixture
def deployed(standing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """Copy the deployed project."""
    shutil.copytree(standing, tmp_path, dirs_exist_ok=True, symlinks=True)
    return laid_out(tmp_path, monkeypatch)
