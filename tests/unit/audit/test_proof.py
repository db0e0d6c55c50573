"""Proofs as files: what a reader makes holds, and what is changed in it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.audit import Ledger, LedgerReader
from headgate.audit.note import Signer, Verifier
from headgate.audit.proof import INCLUSION, Growth, Inclusion

pytestmark = pytest.mark.unit
SIZES = (0, 1, 256, 300, 700)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep a ledger with a checkpoint at each of some sizes, which are kept beside it."""
    root = tmp_path_factory.mktemp("proved") / "l"
    for size in SIZES:
        with Ledger(root) as ledger:
            ledger.append([b"%d" % number for number in range(ledger.size, size)])
        (root.parent / str(size)).write_text((root / "checkpoint").read_text())
    return root


@pytest.fixture(scope="module")
def verifier(ledger: Path) -> Verifier:
    """Return the ledger's key."""
    return LedgerReader(ledger).verifier


@pytest.mark.parametrize("number", [0, 255, 256, 511, 512, 699])
def test_an_entry_is_proved_and_another_is_not(ledger: Path, verifier: Verifier, number: int) -> None:
    """The proof holds for the entry's bytes alone, at its own index."""
    proof = Inclusion.parse(LedgerReader(ledger).prove(number))

    assert (proof.index, proof.check(b"%d" % number, verifier).size) == (number, 700)
    with pytest.raises(ValueError, match="do not lead to the signed root"):
        proof.check(b"other", verifier)
    with pytest.raises(ValueError, match="do not lead to the signed root"):
        Inclusion(number ^ 1, proof.hashes, proof.note).check(b"%d" % number, verifier)


@pytest.mark.parametrize("old", SIZES)
def test_growth_is_proved_from_every_checkpoint(ledger: Path, verifier: Verifier, old: int) -> None:
    """From the empty tree to the whole, and with each checkpoint as it was signed."""
    note = (ledger.parent / str(old)).read_text()
    first, last = Growth.parse(LedgerReader(ledger).prove_growth(note)).check(verifier)

    assert (first.size, last.size) == (old, 700)


def test_a_tree_that_did_not_grow_out_of_the_other_is_told(ledger: Path, verifier: Verifier, tmp_path: Path) -> None:
    """Another history under the same key has no proof, and neither has one put together by hand."""
    (tmp_path / "forged").mkdir()
    (tmp_path / "forged" / "key").write_text((ledger / "key").read_text())
    with Ledger(tmp_path / "forged") as forged:
        forged.append([b"forged"] * 400)
    note = (tmp_path / "forged" / "checkpoint").read_text()
    hashes = tuple(LedgerReader(ledger).prove_consistency(400))

    with pytest.raises(ValueError, match="did not grow out of"):
        LedgerReader(ledger).prove_growth(note)
    with pytest.raises(ValueError, match="did not grow out of"):
        Growth(note, (ledger / "checkpoint").read_text(), hashes).check(verifier)


def test_another_key_proves_nothing(ledger: Path) -> None:
    """Neither inclusion nor growth."""
    other = Signer.generate("example.com/other").verifier
    reader = LedgerReader(ledger)

    with pytest.raises(ValueError, match="not signed by"):
        Inclusion.parse(reader.prove(1)).check(b"1", other)
    with pytest.raises(ValueError, match="not signed by"):
        Growth.parse(reader.prove_growth(reader.note)).check(other)


@pytest.mark.parametrize("text", ["", "index 1", f"{INCLUSION}\nindex x\n\nnote", f"{INCLUSION}\n\n"])
def test_what_is_no_proof_is_refused(text: str) -> None:
    """With what is wrong, not with a traceback."""
    with pytest.raises(ValueError):  # noqa: PT011  each form has words of its own
        Inclusion.parse(text)
    with pytest.raises(ValueError):  # noqa: PT011
        Growth.parse(text)
