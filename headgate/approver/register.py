"""Who may sign what: `policies/approvers.yaml`, which belongs to the rules and not to the teams."""

from __future__ import annotations

import base64
import datetime
import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from headgate.audit.note import Verifier
from headgate.errors import HeadgateError
from headgate.stack.document import read_document
from headgate.stack.problems import from_validation, raise_all

FILE = "approvers.yaml"


class Approver(BaseModel):
    """A person or a service that signs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=r"^[^\s+]{1,64}$")]
    """The name in the key."""
    key: str
    """The public key, as `headgate waiver key` prints it."""
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    """What they answer for."""
    person: str | None = None
    """Whose key it is, where somebody has several: a person counts once. Without it, the name."""
    known_as: tuple[str, ...] = ()
    """Other names of theirs in git and CI, such as addresses: who wrote a change does not approve it."""
    until: datetime.date | None = None
    """The last day on which what this key signed counts: write one to revoke it."""

    @field_validator("key")
    @classmethod
    def _readable(cls, text: str, info: Any) -> str:
        try:
            verifier = Verifier.parse(text, "")
        except HeadgateError as error:
            raise PydanticCustomError("bad_key", "no key", {"expected_text": str(error.expected)}) from error
        if verifier.name != info.data.get("name"):
            raise PydanticCustomError("other_key", "no key of theirs", {"expected_text": "a key with the same name"})
        return text

    @property
    def verifier(self) -> Verifier:
        """The public key."""
        return Verifier.parse(self.key, "")

    @property
    def key_name(self) -> str:
        """What signatures call the key: the name, and what tells it from another key of that name."""
        return key_name(self.verifier)

    def as_data(self) -> dict[str, Any]:
        """Return what the rules need to know, the key as a JSON Web Key."""
        person = self.person or self.name
        public = base64.urlsafe_b64encode(self.verifier.public).rstrip(b"=").decode()
        return {
            "kid": self.key_name,
            "jwk": json.dumps({"kty": "OKP", "crv": "Ed25519", "x": public, "kid": self.key_name}),
            "name": self.name,
            "person": person,
            "names": sorted({self.name, person, *self.known_as}),
            "roles": list(self.roles),
        } | ({"until": self.until.isoformat()} if self.until else {})


class Approvers(BaseModel):
    """All who sign, and which roles what asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    approvers: tuple[Approver, ...] = ()
    waivers: tuple[str, ...] = ()
    """The roles of which a waiver's approver has to have one."""

    def find(self, name: str | None) -> Approver | None:
        """Return an approver by name."""
        return next((each for each in self.approvers if each.name == name), None)

    def may_waive(self, approver: Approver) -> bool:
        """Say whether somebody has a role that signs waivers."""
        return bool(set(approver.roles) & set(self.waivers))


def key_name(verifier: Verifier) -> str:
    """Return what signatures call a key."""
    return f"{verifier.name}+{verifier.key_id.hex()}"


def read(policies: Path) -> Approvers:
    """Read the approvers of a policies directory; without a file there are none, and no waiver counts."""
    path = policies / FILE
    if not path.exists():
        return Approvers()
    document = read_document(path)
    try:
        return Approvers.model_validate(document.value)
    except ValidationError as error:
        raise_all(from_validation(error, Approvers, document.origin))
        raise
