"""Signatures of waivers: Ed25519, in the form of signed notes."""

from __future__ import annotations

from headgate.audit.canonical import canonical
from headgate.audit.note import Signer, Verifier, open_note
from headgate.waiver.document import Waiver

_HEAD = "headgate waiver v1"


def signed(waiver: Waiver, signer: Signer) -> Waiver:
    """Return a waiver with a signature."""
    note = signer.sign(_text(waiver))
    signature = note.rstrip("\n").rpartition(" ")[2]
    return waiver.model_copy(update={"approver": signer.name, "signature": signature})


def is_signed_by(waiver: Waiver, verifier: Verifier) -> bool:
    """Say whether a waiver, as it is now, was signed with this key."""
    try:
        open_note(f"{_text(waiver)}\n— {waiver.approver} {waiver.signature}\n", verifier)
    except ValueError:
        return False
    return True


def _text(waiver: Waiver) -> str:
    return f"{_HEAD}\n{canonical(waiver.signed_text).decode()}\n"
