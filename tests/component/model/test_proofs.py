"""A version's life in a real registry, by the commands: pushed, signed, attested, evaluated, promoted, stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding
from model_certificates import Company
from model_shelf import CARD, EVALUATION, LINEAGE, NOON

from headgate.audit import LedgerReader
from headgate.audit.canonical import parse
from headgate.cli.model import model as model_command
from headgate.errors import Exit, HeadgateError
from headgate.model import ModelRegistry, Registry
from headgate.model.proofs import certificates, signature
from headgate.model.proofs import signers as signers_file
from headgate.model.proofs.keys import open_key
from headgate.model.proofs.standing import SIGNATURE_TYPE

pytestmark = pytest.mark.component

NAME = "life/score"
PASSPHRASE = "correct horse battery"
VERSION = f"{NAME}@1.0.0"


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
        if who:
            added += ["--key", str(self.folder / who)]
        if who or arguments[0] == "push":
            added += ["--ledger", str(self.folder / "ledger")]
        environment = {"HEADGATE_KEY_PASSPHRASE_FILE": str(self.folder / "passphrase")}
        line = [*arguments, *added, *(["--json"] if json_out else [])]
        return CliRunner().invoke(model_command, line, env=environment, standalone_mode=False)

    def write(self, name: str, said: dict[str, Any]) -> str:
        """Write a file."""
        (self.folder / name).write_text(yaml.safe_dump(said))
        return str(self.folder / name)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, running: Any) -> Desk:
    """Make the keys with the command that makes them, and the file of those whose signatures count."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "passphrase").write_text(PASSPHRASE)
    (folder / "model").mkdir()
    (folder / "model" / "weights").mkdir()
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
    return Desk(folder, running.login_server)


@pytest.fixture(scope="module")
def alive(desk: Desk) -> Desk:
    """Take a version from nothing to production, by the commands alone."""
    source = str(desk.folder / "model")
    desk.run("push", source, "--name", NAME, "--version", "1.0.0")
    refused = desk.refused("verify", VERSION)
    assert (refused.exit_code, refused.found) == (Exit.VIOLATIONS, "signature: missing: no signature")
    assert "would not count" in desk.refused("sign", VERSION, who="stranger").what
    desk.run("sign", VERSION, "--from", source, who="trainer")
    assert "no model card" in str(desk.refused("promote", VERSION, "--reason", "try", who="manager").found)
    files = ("--card", desk.write("card.yaml", CARD), "--lineage", desk.write("lineage.yaml", LINEAGE), "--bom")
    desk.run("attest", VERSION, *files, who="trainer")
    low = {**EVALUATION, "quality": [{"name": "auc", "value": 0.5, "at_least": 0.9}]}
    desk.run("evaluate", VERSION, "--file", desk.write("low.yaml", low), who="trainer", code=1)
    assert "threshold missed" in str(desk.refused("promote", VERSION, "--reason", "try", who="manager").found)
    desk.run("evaluate", VERSION, "--file", desk.write("good.yaml", EVALUATION), who="trainer")
    for reason in ("it passed", "it held"):
        desk.run("promote", VERSION, "--reason", reason, who="manager")
    return desk


def test_a_version_is_told_with_its_stage_its_proofs_and_by_whom(alive: Desk) -> None:
    """One page: where it stands, who signed, who attested, who promoted, and where it runs."""
    page = alive.run("show", VERSION, json_out=False)
    proofs = alive.run("verify", VERSION)["proofs"]

    assert "stage    production" in page
    assert "runs     no stack file asks for it" in page
    assert (proofs["stage"], [each["by"] for each in proofs["signatures"]]) == ("production", ["trainer"])
    assert sorted(proofs["attested"]) == ["bom", "card", "evaluation", "lineage"]
    assert [(each["stage"], each["by"], each["reason"]) for each in proofs["history"]] == [
        ("staging", "manager", "it passed"),
        ("production", "manager", "it held"),
    ]
    assert alive.run("list", "--name", NAME, "--stages")[0]["stage"] == "production"


def test_what_happens_to_a_version_is_in_the_ledger(alive: Desk) -> None:
    """Each event with its digest and who did it; a refused one is none."""
    reader = LedgerReader(alive.folder / "ledger")
    events = [parse(entry) for _, entry in reader.entries()]
    moves = [each["data"] for each in events if each["data"]["action"] == "promote"]

    assert {(each["kind"], each["subject"]) for each in events} == {("model", VERSION)}
    actions = [each["data"]["action"] for each in events]
    assert actions == ["push", "sign", *["attest"] * 5, "promote", "promote"]
    assert [(each["from"], each["to"], each["by"]) for each in moves] == [
        ("candidate", "staging", "manager"),
        ("staging", "production", "manager"),
    ]


def test_the_reference_implementation_verifies_our_signature(
    alive: Desk, models: ModelRegistry, tmp_path: Path
) -> None:
    """`model_signing verify key` of OpenSSF takes the bundle for the files that were pulled, and for no others."""
    digest = models.show(NAME, "1.0.0").digest
    (referrer,) = models.referrers(NAME, digest, SIGNATURE_TYPE)
    (tmp_path / "model.sig").write_bytes(models.read_statement(NAME, referrer))
    (tmp_path / "key.pem").write_bytes(open_key(alive.folder / "trainer", PASSPHRASE).public.pem)
    models.pull(NAME, "1.0.0", tmp_path / "files")

    key = ("key", "--public_key", str(tmp_path / "key.pem"))
    assert "verification succeeded" in theirs(tmp_path, *key)
    (tmp_path / "files" / "weights" / "a.bin").write_bytes(b"others")
    assert "verification failed" in theirs(tmp_path, *key)


def test_the_reference_implementation_takes_our_signature_by_certificate(
    alive: Desk, models: ModelRegistry, tmp_path: Path
) -> None:
    """`model_signing verify certificate` takes the bundle, by the authority's certificate alone."""
    company = Company.founded()
    (tmp_path / "root.pem").write_bytes(company.root.public_bytes(Encoding.PEM))
    found = models.pull(NAME, "1.0.0", tmp_path / "files")
    chain = certificates.encoded([company.certificate()])
    (tmp_path / "model.sig").write_bytes(signature.sign(found, company.key, NOON, chain))

    said = theirs(tmp_path, "certificate", "--certificate_chain", str(tmp_path / "root.pem"))

    assert "verification succeeded" in said


def theirs(folder: Path, mode: str, *options: str) -> str:
    """Ask the reference implementation."""
    files = ["--signature", str(folder / "model.sig"), *options, str(folder / "files")]
    command = [sys.executable, "-m", "model_signing", "verify", mode, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return (done.stdout + done.stderr).lower()


def test_a_version_that_is_stopped_is_seen_to_be_and_cannot_be_set_back(
    desk: Desk, models: ModelRegistry, registry: Registry
) -> None:
    """Whoever takes the newest statement out of the registry is told on by the ledger."""
    source = str(desk.folder / "model")
    version = f"{NAME}@2.0.0"
    digest = desk.run("push", source, "--name", NAME, "--version", "2.0.0")["digest"]
    desk.run("sign", version, who="trainer")
    desk.run("demote", version, "--to", "archived", "--reason", "unused", who="manager")
    tag = digest.replace(":", "-")
    before = registry.manifest(f"models/{NAME}", tag).document
    desk.run("demote", version, "--to", "restricted", "--reason", "it leaks", who="manager")
    ledger = ("--ledger", str(desk.folder / "ledger"))
    assert desk.run("verify", version, *ledger)["proofs"]["stage"] == "restricted"

    registry.put_manifest(f"models/{NAME}", before, tag=tag)

    assert desk.run("verify", version)["proofs"]["stage"] == "archived"
    assert "replayed: the registry says archived" in str(desk.refused("verify", version, *ledger).found)


def test_two_versions_are_compared(desk: Desk) -> None:
    """Files, stage, numbers: what differs, and nothing else."""
    (desk.folder / "model" / "weights" / "a.bin").write_bytes(b"other weights" * 100)
    desk.run("push", str(desk.folder / "model"), "--name", NAME, "--version", "3.0.0")

    rows = desk.run("diff", NAME, "1.0.0", "3.0.0")

    assert {row["what"] for row in rows} >= {"version", "stage", "signed by", "file weights/a.bin", "quality auc"}
    assert "file model.json" not in {row["what"] for row in rows}


def test_a_line_is_followed_to_its_beginning(desk: Desk, alive: Desk) -> None:
    """A base model of the same registry is looked up in turn."""
    base = f"{desk.login_server}/models/{NAME}@{alive.run('verify', VERSION, '--content')['digest']}"
    desk.run("push", str(desk.folder / "model"), "--name", "life/tuned", "--version", "1.0.0")
    said = desk.write("tuned.yaml", {**LINEAGE, "run": "run-18", "base_model": base})
    desk.run("attest", "life/tuned@1.0.0", "--lineage", said, who="trainer")

    line = desk.run("lineage", "life/tuned@1.0.0")

    assert [(each["name"], each["lineage"]["run"]) for each in line] == [
        ("life/tuned 1.0.0", "run-18"),
        (f"{NAME} 1.0.0", "run-17"),
    ]


def test_files_that_are_not_the_version_are_not_signed(desk: Desk, tmp_path: Path) -> None:
    """What one has is what one signs."""
    (tmp_path / "a.bin").write_bytes(b"mine")

    assert "nothing was signed" in desk.refused("sign", VERSION, "--from", str(tmp_path), who="trainer").what
