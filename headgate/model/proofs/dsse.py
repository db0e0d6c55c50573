"""Signed envelopes (DSSE v1.0) around in-toto statements: one payload type, one signature, nothing else let in.

An envelope has no field for an algorithm, and gets none: the key says it. What a statement says is `statement`'s.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.audit.canonical import canonical, parse
from headgate.model.proofs.fault import ProofError, Wrong
from headgate.model.proofs.keys import SigningKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MEDIA_TYPE = "application/vnd.dsse.envelope.v1+json"


def pae(payload: bytes) -> bytes:
    """Return what is signed: the payload with its type and both lengths, so that neither runs into the other."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


@dataclass(frozen=True)
class Envelope:
    """A payload, and one signature over it by the key that it names."""

    payload: bytes
    key_id: str
    signature: bytes

    @classmethod
    def seal(cls, payload: bytes, key: SigningKey, *, key_id: str | None = None) -> Envelope:
        """Sign a payload."""
        return cls(payload, key.public.id if key_id is None else key_id, key.sign(pae(payload)))

    def as_json(self) -> dict[str, Any]:
        """Return the envelope's document."""
        return {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": self.key_id, "sig": base64.b64encode(self.signature).decode()}],
        }

    @property
    def raw(self) -> bytes:
        """Its one serialisation."""
        return canonical(self.as_json())

    @classmethod
    def parse(cls, content: bytes) -> Envelope:
        """Read an envelope as it lies in a registry."""
        return cls.from_json(document_of(content))

    @classmethod
    def from_json(cls, document: Any) -> Envelope:
        """Read an envelope that is part of another document."""
        if not isinstance(document, Mapping) or set(document) - {"payload", "payloadType", "signatures"}:
            raise ProofError(Wrong.ALGORITHM, f"an envelope with fields that DSSE does not have: {_names(document)}")
        if document.get("payloadType") != PAYLOAD_TYPE:
            raise ProofError(Wrong.ALGORITHM, f"a payload of type {document.get('payloadType')}, not {PAYLOAD_TYPE}")
        signature = _only(document.get("signatures"))
        envelope = cls(
            _decoded(document.get("payload"), "payload"),
            str(signature.get("keyid") or ""),
            _decoded(signature.get("sig"), "signature"),
        )
        if not envelope.signature:
            raise ProofError(Wrong.ALGORITHM, "an envelope with an empty signature")
        return envelope


def document_of(content: bytes) -> Any:
    """Read JSON that has one meaning."""
    try:
        return parse(content)
    except ValueError as error:
        raise ProofError(Wrong.UNREADABLE, f"not JSON: {error}") from error


def _only(signatures: Any) -> Mapping[str, Any]:
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], Mapping):
        raise ProofError(Wrong.ALGORITHM, "an envelope without exactly one signature")
    if extra := set(signatures[0]) - {"keyid", "sig"}:
        raise ProofError(
            Wrong.ALGORITHM, f"a signature with fields that DSSE does not have: {', '.join(sorted(extra))}"
        )
    return signatures[0]


def _decoded(text: Any, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ProofError(Wrong.UNREADABLE, f"a {what} that is not base64") from error


def _names(document: Any) -> str:
    return ", ".join(sorted(map(str, document))) if isinstance(document, Mapping) else type(document).__name__
