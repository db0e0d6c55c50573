"""A version's life in a real registry, by the commands: pushed, signed, attested, evaluated, promoted, stopped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from model_certificates import Company
from model_commands import PASSPHRASE, Desk, signing, staffed
from model_shelf import CARD, EVALUATION, LINEAGE, NOON

from headgate.approval.document import shown
from headgate.audit import LedgerReader
from headgate.audit.canonical import parse
from headgate.errors import Exit
from headgate.model import ModelRegistry, Registry
from headgate.model.proofs import certificates, signature
from headgate.model.proofs import signers as signers_file
from headgate.model.proofs.attach import Desk as ProofDesk
from headgate.model.proofs.keys import open_key
from headgate.model.proofs.stage import Stage
from headgate.model.proofs.standing import SIGNATURE_TYPE, read
from headgate.model.proofs.statement import now
from headgate.model.proofs.trust import Trust, Unasked

pytestmark = pytest.mark.component

NAME = "life/score"
VERSION = f"{NAME}@1.0.0"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, running: Any) -> Desk:
    """Make the keys with the command that makes them, and the file of those whose signatures count."""
    return staffed(tmp_path_factory.mktemp("desk"), running.login_server)


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
    desk.run("promote", VERSION, "--reason", "it passed", who="manager")
    approved(desk)
    desk.run("promote", VERSION, "--reason", "it held", who="manager")
    return desk


def approved(desk: Desk) -> None:
    """Ask for production, in vain, until two people have approved it, neither of whom made it."""
    missing = desk.refused("promote", VERSION, "--reason", "try", who="manager")
    assert (missing.exit_code, missing.found, missing.fix) == (
        Exit.APPROVALS_MISSING,
        "0 of 2 people have approved it, nobody as security",
        f"headgate model approve {VERSION} --stage production",
    )
    for name, told in (("omar", "omar made the version"), ("trainer", "trainer made the version")):
        own = desk.refused("approve", VERSION, "--stage", "production", *signing(desk, name))
        assert (own.what, told in str(own.found)) == ("this signature would not count", True)
    first = desk.run("approve", VERSION, "--stage", "production", *signing(desk, "badr"), code=3, json_out=False)
    assert "met     quality: auc 0.93, at least 0.9" in first
    assert "against   nothing: no other version is in production" in first
    assert first.endswith("  counts  badr (platform)\napproved by 1 of 2: not enough yet\n")
    one = desk.refused("promote", VERSION, "--reason", "try", who="manager")
    assert one.found == "1 of 2 people have approved it, nobody as security"
    second = desk.run("approve", VERSION, "--stage", "production", *signing(desk, "amina"), json_out=False)
    assert second.endswith("approved by 2 of 2\n")


def test_a_version_is_told_with_its_stage_its_proofs_and_by_whom(alive: Desk) -> None:
    """One page: where it stands, who signed, who attested, who promoted, and where it runs."""
    page = alive.run("show", VERSION, json_out=False)
    proofs = alive.run("verify", VERSION)["proofs"]

    assert "stage    production" in page
    assert "approved by amina, badr" in page
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
    assert actions == ["push", "sign", *["attest"] * 5, "promote", "approve", "approve", "promote"]
    assert [(each["from"], each["to"], each["by"], each.get("approved_by")) for each in moves] == [
        ("candidate", "staging", "manager", None),
        ("staging", "production", "manager", ["amina", "badr"]),
    ]
    approvals = [each["data"] for each in events if each["data"]["action"] == "approve"]
    assert [(each["approver"], each["role"], each["to"]) for each in approvals] == [
        ("badr", "platform", "production"),
        ("amina", "security", "production"),
    ]
    assert all(shown(each["signature"])["plan"] == each["digest"] for each in approvals)


def test_a_statement_to_production_is_worth_nothing_without_the_approvals(alive: Desk) -> None:
    """Whoever has the promoter's key moves it, and it stands nowhere, until two people have approved what was done."""
    models = ModelRegistry(Registry(alive.login_server))
    number = f"{NAME}@4.0.0"
    alive.run("push", str(alive.folder / "model"), "--name", NAME, "--version", "4.0.0")
    alive.run("sign", number, who="trainer")
    files = ("--card", str(alive.folder / "card.yaml"), "--lineage", str(alive.folder / "lineage.yaml"), "--bom")
    alive.run("attest", number, *files, who="trainer")
    alive.run("evaluate", number, "--file", str(alive.folder / "good.yaml"), who="trainer")
    alive.run("promote", number, "--reason", "it passed", who="manager")
    known, key = signers_file.read(alive.folder / "signers.yaml"), open_key(alive.folder / "manager", PASSPHRASE)
    by_hand = read(models, NAME, "4.0.0", Trust(known, Unasked()))
    ProofDesk(models, key, known, now()).move(by_hand, Stage.PRODUCTION, "past them")

    assert stage_of(alive, "4.0.0") == "none"
    assert "stage    none: its move to production was not approved" in alive.run("show", number, json_out=False)
    refused = alive.refused("verify", number)
    assert "approval: not approved: to production: 0 of 2 people have approved it" in str(refused.found)

    shown_first = alive.run("approve", number, "--stage", "production", *signing(alive, "badr"), code=3, json_out=False)
    alive.run("approve", number, "--stage", "production", *signing(alive, "amina"), json_out=False)
    assert "against   1.0.0, in production:" in shown_first
    assert "  version: 1.0.0 → 4.0.0" in shown_first
    assert stage_of(alive, "4.0.0") == "production"

    alive.run("demote", number, "--to", "candidate", "--reason", "again from the start", who="manager")
    alive.run("promote", number, "--reason", "it passed", who="manager")
    replayed = alive.refused("promote", number, "--reason", "with what is there", who="manager")
    assert "that of amina is for another place in the version's history" in str(replayed.found)


def stage_of(desk: Desk, number: str) -> str:
    """Return where a version stands, as the list of them says it."""
    rows = desk.run("list", "--name", NAME, "--stages")
    return next(str(each["stage"]) for each in rows if each["version"] == number)


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
