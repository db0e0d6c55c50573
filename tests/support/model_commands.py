"""`headgate model` as several people use it on one registry: each with a key of their own, all in one ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from headgate.approver import register
from headgate.approver.keys import new_key as new_approver
from headgate.cli.model import model as model_command
from headgate.errors import HeadgateError
from headgate.model.proofs import signers as signers_file
from headgate.model.proofs.keys import open_key

PASSPHRASE = "correct horse battery"
# Two who approve; who trained it and who pushed it may elsewhere, and not here.
APPROVERS = {"amina": "security", "badr": "platform", "omar": "platform", "trainer": "security"}


@dataclass(frozen=True)
class Desk:
    """The command line as two people use it, and what they share."""

    folder: Path
    login_server: str
    address: str = ""
    """Of their ledger, where it is not a folder beside the keys."""

    @property
    def ledger(self) -> Path:
        """Where what they do is recorded."""
        return Path(self.address) if self.address else self.folder / "ledger"

    def run(self, *arguments: str, who: str = "", code: int = 0, json_out: bool = True) -> Any:
        """Run a command; those that make proofs with somebody's key, and record them."""
        result = self.result(*arguments, who=who, json_out=json_out)
        assert result.exception is None, result.output
        assert result.exit_code == code or result.return_value == code, result.output
        return json.loads(result.stdout) if json_out else result.stdout

    def refused(self, *arguments: str, who: str = "") -> HeadgateError:
        """Run a command that fails, and return why."""
        result = self.result(*arguments, who=who, json_out=False)
        assert isinstance(result.exception, HeadgateError), result.output
        return result.exception

    def result(self, *arguments: str, who: str, json_out: bool) -> Result:
        """Run a command."""
        added = ["--registry", self.login_server]
        if arguments[0] not in {"push", "pull", "digest"}:
            added += ["--signers", str(self.folder / "signers.yaml")]
            added += ["--approvers", str(self.folder / "approvers.yaml")]
        if who:
            added += ["--key", str(self.folder / who)]
        if who or arguments[0] in {"push", "approve"}:
            added += ["--ledger", self.address or str(self.ledger)]
        environment = {"HEADGATE_ACTOR": "omar"} if arguments[0] == "push" else {}
        environment |= {"HEADGATE_KEY_PASSPHRASE_FILE": str(self.folder / "passphrase")}
        line = [*arguments, *added, *(["--json"] if json_out else [])]
        return CliRunner().invoke(model_command, line, env=environment, standalone_mode=False)

    def write(self, name: str, said: dict[str, Any]) -> str:
        """Write a file."""
        (self.folder / name).write_text(yaml.safe_dump(said))
        return str(self.folder / name)


def staffed(folder: Path, login_server: str, address: str = "") -> Desk:
    """Make the keys with the command that makes them, the files of those who count, and a model."""
    (folder / "passphrase").write_text(PASSPHRASE)
    (folder / "model" / "weights").mkdir(parents=True)
    (folder / "model" / "weights" / "a.bin").write_bytes(b"weights" * 100)
    (folder / "model" / "model.json").write_text('{"framework": "onnx"}')
    rows = []
    environment = {"HEADGATE_KEY_PASSPHRASE_FILE": str(folder / "passphrase")}
    for who, roles in (("trainer", ("sign", "attest")), ("manager", ("promote",)), ("stranger", ())):
        made = CliRunner().invoke(model_command, ["key", who, "--out", str(folder / who)], env=environment)
        assert made.exit_code == 0, made.output
        if roles:
            rows.append(signers_file.entry(who, open_key(folder / who, PASSPHRASE).public, roles, ("life/*",)))
    (folder / "signers.yaml").write_text(yaml.safe_dump({"signers": rows}))
    people = [new_approver(name, folder / f"{name}.pem", PASSPHRASE) for name in APPROVERS]
    lines = [register.entry(each.name, str(each), [APPROVERS[each.name]]) for each in people]
    (folder / "approvers.yaml").write_text("\n".join(["approvers:", *lines, ""]))
    return Desk(folder, login_server, address)


def signing(desk: Desk, name: str) -> tuple[str, ...]:
    """Return what says who signs an approval, with which key, without being asked."""
    return ("--as", name, "--key", str(desk.folder / f"{name}.pem"), "--yes")
