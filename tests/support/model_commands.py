"""`headgate model` as several people use it on one registry: each with a key of their own, all in one ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from headgate.cli.model import model as model_command
from headgate.errors import HeadgateError


@dataclass(frozen=True)
class Desk:
    """The command line as two people use it, and what they share."""

    folder: Path
    login_server: str

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
            added += ["--ledger", str(self.folder / "ledger")]
        environment = {"HEADGATE_ACTOR": "omar"} if arguments[0] == "push" else {}
        environment |= {"HEADGATE_KEY_PASSPHRASE_FILE": str(self.folder / "passphrase")}
        line = [*arguments, *added, *(["--json"] if json_out else [])]
        return CliRunner().invoke(model_command, line, env=environment, standalone_mode=False)

    def write(self, name: str, said: dict[str, Any]) -> str:
        """Write a file."""
        (self.folder / name).write_text(yaml.safe_dump(said))
        return str(self.folder / name)
