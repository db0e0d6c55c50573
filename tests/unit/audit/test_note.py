"""Signed notes and keys, in the encodings that other implementations use."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headgate.audit.checkpoint import Checkpoint, split_notes
from headgate.audit.merkle import EMPTY_ROOT
from headgate.audit.note import Signer, Verifier, open_note
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit

# The public example key of Go's golang.org/x/mod/sumdb/note documentation, and its note.
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_of_another_implementation_verifies() -> None:
    """The documented note of Go's package opens with its documented key."""
    verifier = Verifier.parse(GO_VERIFIER, "key.pub")

    assert open_note(GO_NOTE, verifier).startswith("If you think")
    assert str(verifier) == GO_VERIFIER


def test_the_key_id_is_the_hash_that_the_specification_defines() -> None:
    """SHA-256(name || 0x0A || 0x01 || key), first four bytes."""
    signer = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    public = signer.verifier.public

    assert signer.verifier.key_id == hashlib.sha256(b"example.com/log\n\x01" + public).digest()[:4]


def test_keys_survive_their_encodings() -> None:
    """Both halves read back as they were."""
    signer = Signer.generate("example.com/log")
    again = Signer.parse(signer.encode(), "key")

    assert again.verifier == Verifier.parse(str(signer.verifier), "key.pub") == signer.verifier


@pytest.mark.parametrize("at", range(0, len(GO_NOTE) - 1, 7))
def test_a_changed_note_does_not_open(at: int) -> None:
    """Whatever character changes, the note is refused."""
    changed = GO_NOTE[:at] + ("A" if GO_NOTE[at] != "A" else "B") + GO_NOTE[at + 1 :]

    with pytest.raises(ValueError, match=r"sign"):
        open_note(changed, Verifier.parse(GO_VERIFIER, "key.pub"))


@pytest.mark.parametrize(
    "text",
    ["", "name", "na me+00000000+AQ==", "name+00000000+%%", "name+00000000+AQ==", GO_VERIFIER.replace("c74f", "c74e")],
)
def test_a_broken_key_is_named_with_its_file(text: str) -> None:
    """The error says which file, and what is expected of it."""
    with pytest.raises(HeadgateError) as raised:
        Verifier.parse(text, "some/key.pub")
    assert raised.value.where == "some/key.pub"
    assert raised.value.expected


def test_unknown_signatures_are_ignored() -> None:
    """A witness's line beside the log's does not disturb."""
    signer, witness = Signer.generate("example.com/log"), Signer.generate("witness.example")
    note = signer.sign("text\n")
    both = note + witness.sign("text\n").rpartition("\n\n")[2]

    assert open_note(both, signer.verifier) == open_note(both, witness.verifier) == "text\n"


def test_checkpoints_read_as_they_are_written() -> None:
    """Origin, size and root; and a file of several splits at its notes."""
    signer = Signer.generate("example.com/log")
    notes = [Checkpoint("example.com/log", size, EMPTY_ROOT).sign(signer) for size in (0, 7, 1234)]

    assert Checkpoint.open(notes[1], signer.verifier) == Checkpoint("example.com/log", 7, EMPTY_ROOT)
    assert split_notes("".join(notes)) == (notes, "")
    assert split_notes("".join(notes) + notes[0][:30]) == (notes, notes[0][:30])


@pytest.mark.parametrize(
    "text",
    [
        "a\n1\n",
        f"a\n01\n{base64.b64encode(bytes(32)).decode()}\n",
        f"a\n-1\n{base64.b64encode(bytes(32)).decode()}\n",
        "a\n1\n!!!!\n",
        f"a\n1\n{base64.b64encode(bytes(31)).decode()}\n",
        f"\n1\n{base64.b64encode(bytes(32)).decode()}\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    """Sizes have one spelling, roots have 32 bytes."""
    with pytest.raises(ValueError, match=r"root|size"):
        Checkpoint.parse(text)
