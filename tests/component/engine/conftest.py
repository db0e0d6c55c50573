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
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from worthless_approvals import entries_that_do_not_count

from headgate import engine
from headgate.approver.keys import new_key
from headgate.cli.main import cli
from headgate.engine import environment
from headgate.engine.scratch import SANDBOX_SALT
from headgate.engine.update import Update
from headgate.errors import HeadgateError
from headgate.policy.bundle import CHECKOUT
from headgate.sandbox import shims
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import tool_path

STACK = "trial-sandbox"
PASSPHRASE = "correct horse battery"
PEOPLE = {"amina": "security", "badr": "platform", "dina": "platform"}
# A preview starts every program once more. It is tried where it is what matters.
AT_ONCE = ("--skip-preview",)
PROGRAM = """
import json, pathlib, pulumi
wanted = json.loads(pathlib.Path(__file__).parents[1].joinpath("wanted.json").read_text())
for name, value in wanted.items():
    told = pulumi.Output.secret(value) if value.startswith("secret") else value
    pulumi.CustomResource("kubernetes:core/v1:ConfigMap", name, {
        "metadata": {"namespace": "default", "name": name}, "data": {"value": told},
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
        """Ask for these objects and no others, outside the tree that people approve."""
        (self.project / "wanted.json").write_text(json.dumps(values))

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


@dataclass(frozen=True)
class Protected:
    """A project whose stack takes two approvals, and the commands over it."""

    trial: Trial
    keys: Path

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Run a command; return its exit code, and what it printed as JSON or the error."""
        done = CliRunner().invoke(cli, [*arguments, "--json"], standalone_mode=False)
        if isinstance(done.exception, HeadgateError):
            return int(done.exception.exit_code), done.exception
        assert done.exception is None, done.output
        return int(done.return_value or 0), json.loads(done.stdout)

    def approve(self, name: str, *more: str) -> tuple[int, Any]:
        """Sign the latest plan as somebody."""
        return self.run("approve", "-s", STACK, "--as", name, "--key", str(self.keys / name), "--yes", *more)

    def commit(self, author: str = "dina@example.com") -> None:
        """Commit what is there."""
        git(self.trial.project, "add", "--all")
        git(self.trial.project, "-c", f"user.email={author}", "-c", "user.name=x", "commit", "-qm", "change")

    def pulumi(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run plain Pulumi with the pack, as somebody would who goes past the protected path."""
        prepared = environment.prepare(self.trial.state, project=self.trial.project)
        return subprocess.run(
            [str(tool_path("pulumi")), "--non-interactive", "--color=never", *arguments, "--stack", STACK],
            cwd=self.trial.project,
            env={**environment.child_environment(prepared), **variables},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def git(project: Path, *arguments: str) -> None:
    """Run git."""
    subprocess.run(["git", "-C", str(project), *arguments], check=True, capture_output=True)


@pytest.fixture
def protected(trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Protected:
    """Protect a project that was never deployed."""
    return protect(trial, tmp_path, monkeypatch)


@pytest.fixture
def standing_protected(deployed: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Protected:
    """Protect a project that is deployed."""
    return protect(deployed, tmp_path, monkeypatch)


def protect(trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Protected:
    """Give the trial project rules that protect its stack, approvers, and a commit."""
    keys, policies = tmp_path / "keys", trial.project / "policies"
    keys.mkdir()
    shutil.copytree(CHECKOUT / "policies", policies)
    (trial.project / ".venv").symlink_to(CHECKOUT / ".venv")
    # As in any project: what the program's modules are compiled to is no part of the tree that people approve.
    (trial.project / ".gitignore").write_text("__pycache__/\n")
    base = yaml.safe_load((policies / "parameters" / "base.yaml").read_text())
    base["approval"]["stacks"] = {STACK: {"count": 2, "each": ["security"]}}
    (policies / "parameters" / "base.yaml").write_text(yaml.safe_dump(base))
    approvers = [
        {
            "name": name,
            "key": str(new_key(name, keys / name, PASSPHRASE)),
            "roles": [role],
            "known_as": [f"{name}@example.com"],
        }
        for name, role in PEOPLE.items()
    ]
    register = {"approvers": [*approvers, *entries_that_do_not_count("amina")], "waivers": ["security"]}
    (policies / "approvers.yaml").write_text(yaml.safe_dump(register))
    (keys / "passphrase").write_text(PASSPHRASE)
    git(trial.project, "init", "-q", "--initial-branch=main")
    monkeypatch.chdir(trial.project)
    for name, value in {
        "HEADGATE_STATE": trial.state.root,
        "HEADGATE_LEDGER": tmp_path / "ledger",
        "HEADGATE_POLICIES": policies,
        "HEADGATE_KEY_PASSPHRASE_FILE": keys / "passphrase",
    }.items():
        monkeypatch.setenv(name, str(value))
    made = Protected(trial, keys)
    made.commit()
    return made
