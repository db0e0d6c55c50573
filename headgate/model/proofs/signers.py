"""Whose signatures count: `policies/signers.yaml`, which belongs to the rules and not to the teams.

A revoked key vouches for nothing, whatever date its signatures bear: whoever has the key writes the dates. A key that
was retired in good order still vouches for what it signed until its last day.
"""

from __future__ import annotations

import datetime
import fnmatch
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from headgate.model.proofs.fault import ProofError, Wrong
from headgate.model.proofs.keys import PublicKey
from headgate.stack.document import Form, read_document
from headgate.stack.faults import raise_all
from headgate.stack.problems import from_validation

FILE = "signers.yaml"
_FORM = Form(
    "a mapping with `signers:`, a list of them",
    "`headgate model key NAME --out FILE` makes a key, and prints the entry",
    "docs/guides/models.md",
)


class Role(StrEnum):
    """What a signature is for."""

    SIGN = "sign"
    ATTEST = "attest"
    PROMOTE = "promote"


class _Trusted(BaseModel):
    """Somebody whose signatures count, for some models and purposes."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
    """Who it is; what `headgate model show` prints."""
    roles: Annotated[tuple[Annotated[Role, Field(strict=False)], ...], Field(min_length=1)]
    """`sign` a version's files, `attest` what it is, `promote` it from stage to stage."""
    models: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9*-]+/[a-z0-9*-]+$")], ...], Field(min_length=1)]
    """Which models: TEAM/MODEL; `*` stands for any characters."""
    until: datetime.date | None = None
    """The last day on which it signs. What is older stays valid."""
    revoked: Annotated[str, Field(min_length=3)] | None = None
    """Why nothing that it signed counts any more, whenever that was."""

    def check(self, model: str, role: Role, at: datetime.datetime) -> None:
        """Refuse what this signer's word does not count for."""
        if self.revoked is not None:
            raise ProofError(Wrong.REVOKED, f"signed by {self.name}, who is revoked: {self.revoked}")
        if role not in self.roles:
            raise ProofError(Wrong.NOT_ENTITLED, f"signed by {self.name}, who may not {role}")
        if not any(fnmatch.fnmatchcase(model, pattern) for pattern in self.models):
            raise ProofError(Wrong.NOT_ENTITLED, f"signed by {self.name}, whose word does not count for {model}")
        if self.until is not None and at.date() > self.until:
            raise ProofError(Wrong.REVOKED, f"signed by {self.name} after the key's last day, {self.until}")


class Signer(_Trusted):
    """Somebody with a key."""

    key: str
    """The public key, as `headgate model key` prints it."""

    @field_validator("key")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            PublicKey.parse(text)
        except ValueError as error:
            expected = {"expected_text": f"the line that `headgate model key` prints ({error})"}
            raise PydanticCustomError("bad_key", "no key", expected) from error
        return text

    @property
    def public(self) -> PublicKey:
        """The key."""
        return PublicKey.parse(self.key)


class Authority(_Trusted):
    """Somebody who gives certificates to those who sign; with a certificate one can sign a version's files."""

    certificates: str
    """The authority's own certificates, in PEM."""
    identities: Annotated[tuple[str, ...], Field(min_length=1)]
    """Whose certificates count: e-mail addresses or URIs of the alternative name; `*` stands for any characters."""

    @field_validator("certificates")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            x509.load_pem_x509_certificates(text.encode())
        except ValueError as error:
            expected = {"expected_text": f"certificates in PEM ({error})"}
            raise PydanticCustomError("bad_certificate", "no certificate", expected) from error
        return text

    @property
    def roots(self) -> list[x509.Certificate]:
        """Return what its certificates have to lead to."""
        return x509.load_pem_x509_certificates(self.certificates.encode())


class Signers(BaseModel):
    """All whose signatures count."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    signers: tuple[Signer, ...] = ()
    authorities: tuple[Authority, ...] = ()

    def by_key(self, key_id: str) -> Signer:
        """Return whose key this is."""
        found = next((each for each in self.signers if each.public.id == key_id), None)
        if found is None:
            raise ProofError(Wrong.FOREIGN, f"signed by a key that is not among the signers: {key_id[:16] or 'none'}")
        return found


def read(file: Path) -> Signers:
    """Read the signers; without a file there are none, and no signature counts."""
    if not file.exists():
        return Signers()
    document = read_document(file, form=_FORM)
    try:
        return Signers.model_validate(document.value)
    except ValidationError as error:
        raise_all(from_validation(error, Signers, document.origin, _FORM))
        raise


def entry(name: str, key: PublicKey, roles: tuple[str, ...], models: tuple[str, ...]) -> dict[str, Any]:
    """Return what a signer's entry in the file says."""
    return {"name": name, "key": key.text, "roles": [str(each) for each in roles], "models": list(models)}
