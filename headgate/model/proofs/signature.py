"""Signatures over a version's files, in the bundle of OpenSSF `model_signing` 1.0.

Written here rather than by that library: it brings seventeen packages, hashes every file anew from a disk, and takes
a model's name as a remark. Ours says in that name which manifest was signed, so a signature can't be carried to another
version with the same files; and `model_signing verify` takes it all the same, which a test shows.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.audit.canonical import canonical
from headgate.model.artifact import ModelVersion
from headgate.model.proofs import certificates
from headgate.model.proofs.dsse import Envelope, document_of, pae
from headgate.model.proofs.fault import ProofError, Wrong
from headgate.model.proofs.keys import PublicKey, SigningKey
from headgate.model.proofs.signers import Role, Signers
from headgate.model.proofs.statement import TYPE, read_time, written

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE = "https://model_signing/signature/v1.0"
_SERIALISATION = {"method": "files", "hash_type": "sha256", "allow_symlinks": False}
_MATERIAL = "verificationMaterial"


@dataclass(frozen=True)
class Signed:
    """A signature that counts: whose it is, and when it was made."""

    by: str
    key_id: str
    at: datetime.datetime

    def as_json(self) -> dict[str, str]:
        """Return it as data."""
        return {"by": self.by, "key": self.key_id, "at": written(self.at)}


def sign(model: ModelVersion, key: SigningKey, at: datetime.datetime, chain: Sequence[bytes] = ()) -> bytes:
    """Return the bundle: a key's, or with a chain (the key's own certificate first) a certificate's."""
    # `model_signing` leaves the envelope's own key id empty, and names the key beside it.
    envelope = Envelope.seal(canonical(_statement(model, at)), key, key_id="")
    material: dict[str, Any] = {"tlogEntries": []}
    if chain:
        encoded = [{"rawBytes": base64.b64encode(each).decode()} for each in chain]
        material["x509CertificateChain"] = {"certificates": encoded}
    else:
        material["publicKey"] = {"hint": key.public.id}
    return canonical({"mediaType": BUNDLE_TYPE, _MATERIAL: material, "dsseEnvelope": envelope.as_json()})


def verify(content: bytes, model: ModelVersion, signers: Signers, latest: datetime.datetime) -> Signed:
    """Return whose signature a bundle is, when it counts for this version."""
    document = document_of(content)
    if not isinstance(document, Mapping) or document.get("mediaType") != BUNDLE_TYPE:
        raise ProofError(Wrong.ALGORITHM, f"not a bundle of type {BUNDLE_TYPE}")
    envelope = Envelope.from_json(document.get("dsseEnvelope"))
    # Read before it is believed: which day a certificate has to hold on stands in what it signed.
    claimed = document_of(envelope.payload)
    predicate = claimed.get("predicate") if isinstance(claimed, Mapping) else None
    if not isinstance(predicate, Mapping) or claimed.get("predicateType") != PREDICATE or claimed.get("_type") != TYPE:
        raise ProofError(Wrong.ALGORITHM, f"not a statement of type {PREDICATE}")
    at = read_time(predicate.get("signedAt"), latest)
    by, key = _whose(document.get(_MATERIAL), model, signers, at)
    if not key.has_signed(pae(envelope.payload), envelope.signature):
        raise ProofError(Wrong.TAMPERED, f"what it says is not what {by} signed")
    _compare(claimed, _statement(model, at))
    return Signed(by, key.id, at)


def _whose(material: Any, model: ModelVersion, signers: Signers, at: datetime.datetime) -> tuple[str, PublicKey]:
    """Return who is said to have signed, when their word counts for this model."""
    kinds = set(material) - {"tlogEntries"} if isinstance(material, Mapping) else set()
    if kinds == {"publicKey"}:
        signer = signers.by_key(str(_part(material["publicKey"]).get("hint") or ""))
        signer.check(model.name, Role.SIGN, at)
        return signer.name, signer.public
    if kinds == {"x509CertificateChain"}:
        authority, name, key = certificates.holder(_chain(material["x509CertificateChain"]), signers, at)
        authority.check(model.name, Role.SIGN, at)
        return f"{name} ({authority.name})", key
    raise ProofError(Wrong.ALGORITHM, "a bundle with neither a key alone nor certificates alone")


def _chain(document: Any) -> list[bytes]:
    rows = _part(document).get("certificates")
    try:
        chain = [base64.b64decode(row["rawBytes"], validate=True) for row in rows] if isinstance(rows, list) else []
    except (binascii.Error, KeyError, TypeError, ValueError) as error:
        raise ProofError(Wrong.UNREADABLE, "certificates that are not base64") from error
    if not chain:
        raise ProofError(Wrong.ALGORITHM, "a bundle without a certificate")
    return chain


def _part(document: Any) -> Mapping[str, Any]:
    return document if isinstance(document, Mapping) else {}


def subject_name(model: ModelVersion) -> str:
    """Return what a signature calls the version: the manifest, which covers name, version and tensors too."""
    return f"{model.repository}@{model.digest}"


def _statement(model: ModelVersion, at: datetime.datetime) -> dict[str, Any]:
    """Return what is signed; the whole model's digest is taken over its files' in the order of their names."""
    files = sorted(model.files, key=lambda file: tuple(file.path.split("/")))
    hexadecimal = [file.digest.removeprefix("sha256:") for file in files]
    whole = hashlib.sha256(b"".join(bytes.fromhex(each) for each in hexadecimal)).hexdigest()
    resources = [
        {"name": file.path, "algorithm": "sha256", "digest": digest}
        for file, digest in zip(files, hexadecimal, strict=True)
    ]
    return {
        "_type": TYPE,
        "subject": [{"name": subject_name(model), "digest": {"sha256": whole}}],
        "predicateType": PREDICATE,
        "predicate": {"serialization": _SERIALISATION, "resources": resources, "signedAt": written(at)},
    }


def _compare(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Refuse a statement about anything but these files of this version."""
    if found == expected:
        return
    predicate, ours = _part(found["predicate"]), expected["predicate"]
    subject = found.get("subject")
    names = [_part(each).get("name") for each in subject] if isinstance(subject, list) else []
    wanted = expected["subject"][0]["name"]
    if names != [wanted]:
        raise ProofError(Wrong.COPIED, f"made for {', '.join(map(str, names)) or 'nothing'}, not for {wanted}")
    if predicate.get("serialization") != ours["serialization"] or _weaker(predicate.get("resources")):
        raise ProofError(Wrong.ALGORITHM, "files that are not named by their SHA-256 digests one by one")
    changed = _changed(predicate.get("resources"), ours["resources"])
    raise ProofError(Wrong.CHANGED, f"not the files that were signed: {', '.join(changed) or 'their digest'}")


def _weaker(resources: Any) -> bool:
    rows = resources if isinstance(resources, list) else [None]
    return any(_part(row).get("algorithm") != "sha256" for row in rows)


def _changed(found: Any, expected: list[dict[str, str]]) -> list[str]:
    signed = {str(row.get("name")): row.get("digest") for row in map(_part, found)}
    ours = {row["name"]: row["digest"] for row in expected}
    return [name for name in sorted(signed.keys() | ours.keys()) if signed.get(name) != ours.get(name)]
