"""What `headgate up` and `headgate env` print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headgate import engine
from headgate.cli.env import env
from headgate.cli.up import up
from headgate.engine import Update

pytestmark = pytest.mark.unit

RESULT = Update("fraud-sandbox", {"create": 2, "same": 5}, 3.0, ("cleared the lock",))


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have every update go well, and return which were asked for."""
    asked: list[str] = []

    def fake(stack: str, **_options: Any) -> Update:
        asked.append(stack)
        return RESULT

    monkeypatch.setattr(engine, "up", fake)
    return asked


def test_up_sums_up_in_a_line(deployed: list[str]) -> None:
    """What changed, how much did not, and how long it took."""
    result = CliRunner().invoke(up, ["-s", "fraud-sandbox", "--yes"])

    assert (result.exit_code, result.stdout) == (0, "fraud-sandbox: 2 create, 5 unchanged (3 s)\n")


def test_up_asks_unless_told_not_to(deployed: list[str]) -> None:
    """A no deploys nothing."""
    result = CliRunner().invoke(up, ["-s", "fraud-sandbox"], input="n\n")

    assert (result.exit_code, deployed) == (1, [])


def test_up_gives_json(deployed: list[str]) -> None:
    """Every field of the result, on stdout alone."""
    result = CliRunner().invoke(up, ["-s", "fraud-sandbox", "--json"])

    assert json.loads(result.stdout) == {
        "stack": "fraud-sandbox",
        "changes": {"create": 2, "same": 5},
        "seconds": 3.0,
        "notes": ["cleared the lock"],
    }


def test_env_quotes_for_a_shell_and_gives_the_same_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values with blanks and quotes survive `eval`; a passphrase of the user's own is unset."""
    variables = {"HEADGATE_STATE": "/a b/it's", "PULUMI_HOME": "/c"}
    monkeypatch.setattr("headgate.cli.env.prepare", lambda _state: variables)

    shell, document = CliRunner().invoke(env, []), CliRunner().invoke(env, ["--json"])

    assert shell.stdout.splitlines() == [
        "unset PULUMI_CONFIG_PASSPHRASE;",
        "export HEADGATE_STATE='/a b/it'\"'\"'s';",
        "export PULUMI_HOME=/c;",
    ]
    assert json.loads(document.stdout) == variables
