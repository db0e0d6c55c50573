"""Ledgers, proofs and notes against Go's own implementation: what we sign it believes, and what it signs we believe."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headgate.audit import Ledger, LedgerReader
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.cosignature import WitnessSigner

pytestmark = pytest.mark.component
PROGRAM = Path(__file__).resolve().parents[2] / "interop" / "tlog"
SIZES = (1, 2, 255, 256, 257, 700, 65_536 + 300)
PROVED = (0, 1, 254, 255, 256, 699, 65_535, 65_536, SIZES[-1] - 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a ledger of three levels whose key was replaced, and proofs: of entries at its edges, of growth."""
    folder = tmp_path_factory.mktemp("interop")
    root = folder / "ledger"
    notes = []
    with Ledger(root, origin="example.com/ledger") as ledger:
        ledger.rotate()  # the first tree has two signatures under one name
    for size in SIZES:
        with Ledger(root, origin="example.com/ledger") as ledger:
            ledger.append([b'{"n":%d}' % number for number in range(ledger.size, size)])
        notes.append((root / "checkpoint").read_text())
    for name in ("proofs", "growth"):
        (folder / name).mkdir()
    reader = LedgerReader(root)
    for number in PROVED:
        (folder / "proofs" / str(number)).write_text(reader.prove(number))
    for size, note in zip(SIZES, notes, strict=True):
        (folder / "growth" / f"{size}.json").write_text(reader.prove_growth(note))
    shutil.move(root / "key", folder / "signing-key")
    witness = WitnessSigner("example.com/witness", Ed25519PrivateKey.generate())
    (folder / "witness.pub").write_text(f"{witness.public}\n")
    (folder / "witnessed").write_text(reader.note + witness.line(reader.note, 1_700_000_000))
    return folder


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Go's tests on a folder."""
    # As the tools are built, whose compiled standard library serves here, too.
    command = ["go", "test", "-count=1", "-vet=off", "-mod=readonly", "-trimpath", "./..."]
    environment = os.environ | {
        "HEADGATE_INTEROP": str(folder),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOFLAGS": "-buildvcs=false",
    }
    return subprocess.run(command, cwd=PROGRAM, env=environment, capture_output=True, text=True, check=False)


def test_another_implementation_verifies_ledger_proofs_and_notes(folder: Path) -> None:
    """Every entry through the tiles, every proof, and a note under our key that Go signed."""
    done = run(folder)

    assert done.returncode == 0, done.stdout + done.stderr
    signed = Checkpoint.open((folder / "signed").read_text(), LedgerReader(folder / "ledger").verifier)
    assert (signed.origin, signed.size, signed.root) == ("example.com/ledger", 7, bytes(32))


def test_another_implementation_refuses_what_was_changed(folder: Path, tmp_path: Path) -> None:
    """So that the check itself is known to tell."""
    shutil.copytree(folder, tmp_path / "changed")
    path = tmp_path / "changed" / "ledger" / "tile" / "entries" / "100"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b'"n":25601', b'"n":25609'))
    done = run(tmp_path / "changed")

    assert done.returncode == 1
    assert "entry 25601 does not hash to its tile" in done.stdout
