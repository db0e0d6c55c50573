"""`headgate waiver key`: a key, and the entry that goes into the register as it is printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.exceptions import UnsupportedAlgorithm

from headgate import keyfile
from headgate.approver import register
from headgate.approver.keys import new_key, open_key
from headgate.cli.main import cli
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit


def test_what_is_printed_is_the_registers_entry_and_nothing_else(tmp_path: Path) -> None:
    """Put below `approvers:` it is read back with the key's public half, roles and names; the rest goes to stderr."""
    (tmp_path / "passphrase").write_text("correct horse battery")
    arguments = ["--role", "platform", "--role", "on-call", "--known-as", "badr@example.com"]
    environment = {"HEADGATE_KEY_PASSPHRASE_FILE": str(tmp_path / "passphrase")}
    key = tmp_path / "badr.pem"

    made = CliRunner().invoke(cli, ["waiver", "key", "badr", "--out", str(key), *arguments], env=environment)
    (tmp_path / register.FILE).write_text(f"approvers:\n{made.stdout}")

    (found,) = register.read(tmp_path).approvers
    assert (found.name, found.roles, found.known_as) == ("badr", ("platform", "on-call"), ("badr@example.com",))
    assert found.key == str(open_key("badr", key, "correct horse battery").verifier)
    assert made.stderr.splitlines()[0] == f"wrote {key}: keep it to yourself"


def test_without_a_role_it_is_one_for_security() -> None:
    """Which is what waivers ask for; names are left out where there are none."""
    assert register.entry("amina", "amina+1+A", ["security"]).splitlines() == [
        "  - name: amina",
        "    key: amina+1+A",
        "    roles: [security]",
    ]


def test_a_key_on_a_curve_that_nobody_here_knows_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as openssl makes: as what it is, and with what is expected."""

    def load(*_: object) -> None:
        raise UnsupportedAlgorithm("Curve 1.3.132.0.8 is not supported")

    new_key("badr", tmp_path / "key", "correct horse battery")
    monkeypatch.setattr(keyfile, "load_pem_private_key", load)
    with pytest.raises(HeadgateError, match="the key can't be used") as told:
        open_key("badr", tmp_path / "key", "correct horse battery")

    assert (told.value.found, told.value.expected) == ("Curve 1.3.132.0.8 is not supported", "an Ed25519 key")
