"""A checkout with a protected stack, its approvers, and a plan that waits for them. Starts OPA and git alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from approving import SUBJECT
from click.testing import CliRunner

from headgate.approval.store import FolderStore, PlanRecord, Store
from headgate.approver.keys import new_key
from headgate.audit import LedgerReader
from headgate.cli.main import cli
from headgate.errors import HeadgateError
from headgate.plan.digest import digest_of
from headgate.policy.bundle import CHECKOUT

STACK = "fraud-prod"
PASSPHRASE = "correct horse battery"
PEOPLE = {"amina": "security", "badr": "platform", "cyrus": "on-call", "dina": "platform"}
FORM: dict[str, Any] = {"version": 1, "stack": STACK, "action": "update"} | {
    "resources": {
        "urn:pulumi:fraud-prod::headgate::kubernetes:core/v1:ConfigMap::scores": {
            "operations": ["create"],
            "inputs": {},
            "options": {},
        }
    }
}


def git(project: Path, *arguments: str) -> None:
    """Run git as Dina."""
    who = ("-c", "user.email=dina@example.com", "-c", "user.name=x")
    subprocess.run(["git", "-C", str(project), *who, *arguments], check=True, capture_output=True)


@dataclass(frozen=True)
class Waiting:
    """The checkout, the keys, and the commands."""

    project: Path
    keys: Path
    store: Store

    def keep(self, form: dict[str, Any] = FORM, cost: dict[str, Any] | None = None, **subject: Any) -> PlanRecord:
        """Keep a plan of Dina's, or one with another form or subject."""
        bound = replace(SUBJECT, plan=digest_of(form), authors=("dina@example.com",), **subject)
        record = PlanRecord(bound, form, made="2026-03-02T12:00:00Z", actor="dina", commit="0" * 40, cost=cost)
        self.store.keep(record)
        return record

    def run(self, *arguments: str) -> tuple[int, Any]:
        """Run a command; return its exit code, and what it printed as JSON or the error."""
        done = CliRunner().invoke(cli, [*arguments, "-s", STACK, "--json"], standalone_mode=False)
        if isinstance(done.exception, HeadgateError):
            return int(done.exception.exit_code), done.exception
        assert done.exception is None, done.output
        return int(done.return_value or 0), json.loads(done.stdout)

    def approve(self, name: str, *more: str) -> tuple[int, Any]:
        """Sign the plan as somebody."""
        return self.run("approve", "--as", name, "--key", str(self.keys / name), "--yes", *more)

    def reads(self, name: str) -> list[str]:
        """Return what somebody is shown who signs the plan."""
        line = ["approve", "--as", name, "--key", str(self.keys / name), "--yes", "-s", STACK]
        done = CliRunner().invoke(cli, line, standalone_mode=False)
        assert done.exception is None, done.output
        return done.stdout.splitlines()

    def entries(self) -> list[dict[str, Any]]:
        """Return what the ledger has."""
        reader = LedgerReader(self.keys.parent / "ledger")
        return [reader.document(entry) for _, entry in reader.entries()]

    def register(self, **changes: dict[str, Any]) -> None:
        """Change entries of the register in the working directory."""
        path = self.project / "policies" / "approvers.yaml"
        document = yaml.safe_load(path.read_text())
        for entry in document["approvers"]:
            entry.update(changes.get(entry["name"], {}))
        path.write_text(yaml.safe_dump(document))


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Waiting:
    """Lay all of it out."""
    project, keys = tmp_path / "project", tmp_path / "keys"
    (project / "stacks").mkdir(parents=True)
    keys.mkdir()
    (project / "Pulumi.yaml").write_text("name: headgate\nruntime: python\nstackConfigDir: stacks\n")
    (project / "stacks" / f"Pulumi.{STACK}.yaml").write_text("config: {}\n")
    shutil.copytree(CHECKOUT / "policies", project / "policies", ignore=shutil.ignore_patterns("samples"))
    approvers = [
        {
            "name": name,
            "key": str(new_key(name, keys / name, PASSPHRASE)),
            "roles": [role],
            "known_as": [f"{name}@example.com"],
        }
        for name, role in PEOPLE.items()
    ]
    register = {"approvers": approvers, "waivers": ["security"]}
    (project / "policies" / "approvers.yaml").write_text(yaml.safe_dump(register))
    (keys / "passphrase").write_text(PASSPHRASE)
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=one")
    monkeypatch.chdir(project)
    for name, value in {
        "HEADGATE_APPROVALS": tmp_path / "approvals",
        "HEADGATE_LEDGER": tmp_path / "ledger",
        "HEADGATE_KEY_PASSPHRASE_FILE": keys / "passphrase",
    }.items():
        monkeypatch.setenv(name, str(value))
    return Waiting(project, keys, FolderStore(tmp_path / "approvals"))
