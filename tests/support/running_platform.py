"""A whole platform in a state directory of its own, driven as its users drive it: through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import yaml

from headgate.cli.sandbox_gate import wait_until_told
from headgate.model import Registry
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.layout import StateDir

CHECKOUT = Path(__file__).resolve().parents[2]
HEADGATE = [sys.executable, "-m", "headgate.cli.main"]


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams, for a person's eye."""
        return self.out + self.err

    def json(self) -> Any:
        """Return the document on standard output."""
        return json.loads(self.out)


class RunningPlatform:
    """Commands against one state directory."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._environment: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What `eval "$(headgate env)"` gives a shell; read once the sandbox's regions exist."""
        if not self._environment:
            variables = self.run([*HEADGATE, "env", "--json"], bare=True).json()
            self._environment = {**self._bare(), **variables}
        return self._environment

    def forget_environment(self) -> None:
        """Ask again: regions came or went."""
        self._environment = {}

    def _bare(self) -> dict[str, str]:
        return {**os.environ, "HEADGATE_STATE": str(self.state), "NO_COLOR": "1"}

    def run(
        self, argv: Iterable[str], *, bare: bool = False, timeout: float = 600, stdin: str | None = None
    ) -> Outcome:
        """Run a command to its end."""
        done = subprocess.run(
            list(argv),
            cwd=CHECKOUT,
            env=self._bare() if bare else self.environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def headgate(self, *arguments: str, timeout: float = 600) -> Outcome:
        """Run a `headgate` command."""
        return self.run([*HEADGATE, *arguments], bare=True, timeout=timeout)

    def pulumi(self, *arguments: str, timeout: float = 600) -> Outcome:
        """Run plain `pulumi`, as in a shell with `headgate env`."""
        return self.run(["pulumi", "--non-interactive", *arguments], timeout=timeout)

    def kubectl(self, region: str, *arguments: str, stdin: str | None = None) -> Outcome:
        """Run `kubectl` against a region."""
        return self.run(["kubectl", "--kubeconfig", str(self.kubeconfig(region)), *arguments], stdin=stdin)

    def prove(self, version: str, proofs: Path) -> None:
        """Sign a version and attest what is asked of a candidate, with the sandbox's own key."""
        environment = {**self.environment, "HEADGATE_KEY_PASSPHRASE_FILE": str(self.state / "passphrase")}
        documents = ("--card", str(proofs / "card.yaml"), "--lineage", str(proofs / "lineage.yaml"))
        for command in (
            ["sign", version],
            ["attest", version, "--bom", *documents],
            ["evaluate", version, "--file", str(proofs / "evaluation.yaml")],
        ):
            done = subprocess.run(
                [*HEADGATE, "model", *command, "--key", str(self.state / "model-keys" / "trainer.pem")],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        # Whoever deploys it before the gates have heard of it is refused.
        state, (name, _, number) = StateDir(self.state), version.partition("@")
        registry = Registry(self.environment["HEADGATE_REGISTRY"], sandbox_resolver(state))
        wait_until_told(state, registry, [(name, number)])

    def status(self) -> dict[str, Any]:
        """`headgate sandbox status --json`."""
        document: dict[str, Any] = self.headgate("sandbox", "status", "--json").json()
        return document

    def region(self, name: str) -> dict[str, Any]:
        """Return one region of the status."""
        found: dict[str, Any] = self.status()["regions"][name]
        return found

    def kubeconfig(self, region: str) -> Path:
        """Return the kubeconfig of a region."""
        return self.state / "regions" / f"aks-sandbox-{region}" / "kubeconfig"

    def processes(self) -> dict[str, dict[str, Any]]:
        """Return every process by its full name."""
        status = self.status()
        rows = [*status["processes"], *(row for region in status["regions"].values() for row in region["processes"])]
        return {row["name"]: row for row in rows}

    def kill(self, process: str) -> int:
        """Send SIGKILL to one process of the sandbox, and return the pid that it had."""
        pid = int(self.processes()[process]["pid"])
        os.kill(pid, signal.SIGKILL)
        return pid

    def returned(self, process: str, pid: int) -> bool:
        """Say whether a process that was killed runs again and is ready."""
        row = self.processes().get(process)
        return row is not None and row["state"] == "ready" and row["pid"] not in {None, pid}

    def edited(self, stack: str, edit: Callable[[dict[str, Any]], None]) -> Path:
        """Return a changed copy of a stack file, for `--config-file`; the checkout stays as it is."""
        document = yaml.safe_load((CHECKOUT / "stacks" / f"Pulumi.{stack}.yaml").read_text())
        edit(document["config"])
        path = self.state / f"edited-{stack}.yaml"
        path.write_text(yaml.safe_dump(document))
        return path

    def up(self, stack: str, *arguments: str, timeout: float = 600) -> Outcome:
        """Run plain `pulumi up` without questions."""
        return self.pulumi("up", "--yes", "--skip-preview", "-s", stack, *arguments, timeout=timeout)


def eventually(check: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait until `check` returns something true, and return it."""
    deadline = monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        sleep(0.25)
