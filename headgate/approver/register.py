"""Who may sign what: `policies/approvers.yaml`, which belongs to the rules and not to the teams."""

from __future__ import annotations

import base64
import datetime
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from headgate.approver.curve_key import CurveKey
from headgate.approver.pipelines import Issuer, Pipeline
from headgate.audit.note import Verifier
from headgate.errors import HeadgateError
from headgate.stack.document import Form, read_document
from headgate.stack.faults import raise_all
from headgate.stack.problems import from_validation

FILE = "approvers.yaml"
_FORM = Form(
    "a mapping with `approvers:`, a list of them",
    "`headgate waiver key NAME --out FILE` makes a key, and prints the entry",
    "docs/guides/approvals.md",
)


class Approver(BaseModel):
    """A person or a service that signs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=r"^[^\s+]{1,64}$")]
    """The name in the key."""
    key: str
    """The public key, as `headgate waiver key` prints it: Ed25519, or on P-256 where a vault has the private one."""
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    """What they answer for."""
    person: str | None = None
    """Whose key it is, where somebody has several: a person counts once. Without it, the name."""
    known_as: tuple[str, ...] = ()
    """Other names of theirs in git and CI, such as addresses: who wrote a change does not approve it."""
    until: datetime.date | None = None
    """The last day on which what this key signed counts: write one when it is given up in good order."""
    revoked: Annotated[str, Field(min_length=3)] | None = None
    """Why nothing that this key signed counts any more, whenever that was: a model that it approved, neither."""

    @field_validator("key")
    @classmethod
    def _readable(cls, text: str, info: Any) -> str:
        try:
            verifier = _public(text)
        except HeadgateError as error:
            raise PydanticCustomError("bad_key", "no key", {"expected_text": str(error.expected)}) from error
        if verifier.name != info.data.get("name"):
            raise PydanticCustomError("other_key", "no key of theirs", {"expected_text": "a key with the same name"})
        return text

    @property
    def public(self) -> Verifier | CurveKey:
        """The public key, of the one type that it is."""
        return _public(self.key)

    @property
    def verifier(self) -> Verifier | None:
        """The public key, if it is Ed25519: those alone sign notes, and lie in files and agents."""
        public = self.public
        return public if isinstance(public, Verifier) else None

    @property
    def key_name(self) -> str:
        """What signatures call the key: the name, and what tells it from another key of that name."""
        return key_name(self.public)

    def as_data(self) -> dict[str, Any]:
        """Return what the rules need to know, the key as a JSON Web Key."""
        person = self.person or self.name
        return {
            "kid": self.key_name,
            "jwk": json.dumps({**_jwk(self.public), "kid": self.key_name}),
            "name": self.name,
            "person": person,
            "names": sorted({self.name, person, *self.known_as}),
            "roles": list(self.roles),
            **({"until": self.until.isoformat()} if self.until else {}),
            **({"revoked": self.revoked} if self.revoked else {}),
        }


class Approvers(BaseModel):
    """All who sign or are vouched for, and which roles what asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    approvers: tuple[Approver, ...] = ()
    waivers: tuple[str, ...] = ()
    """The roles of which a waiver's approver has to have one."""
    issuers: tuple[Issuer, ...] = ()
    """Who vouches for pipelines."""
    pipelines: tuple[Pipeline, ...] = ()
    """Pipelines that approve."""

    @model_validator(mode="after")
    def _told_apart(self) -> Approvers:
        """Refuse what could be taken for something else: nobody would notice whose approval counted."""
        faults = (
            ("issuers that are listed once", _repeated(each.issuer for each in self.issuers)),
            (
                "keys of other names",
                _repeated(f"{each.issuer} {key.kid}" for each in self.issuers for key in each.keys),
            ),
            ("pipelines whose issuer is listed", {each.issuer for each in self.pipelines if not self._issuer(each)}),
            ("names that nobody else has", _repeated([each.name for each in self.pipelines]) | self._shared("name")),
            ("roles that no person has", self._shared("roles")),
        )
        for expected, found in faults:
            if found:
                raise PydanticCustomError("told_apart", "ambiguous", {"expected_text": f"{expected}: {min(found)}"})
        return self

    def _issuer(self, pipeline: Pipeline) -> Issuer | None:
        return next((each for each in self.issuers if each.issuer == pipeline.issuer), None)

    def _shared(self, field: str) -> set[str]:
        """Return what pipelines and people have in common."""
        people, pipelines = (
            {value for each in both for value in ([each.name] if field == "name" else each.roles)}
            for both in (self.approvers, self.pipelines)
        )
        return people & pipelines

    def vouched(self) -> list[tuple[Pipeline, Issuer]]:
        """Return the pipelines with their issuers."""
        return [(each, issuer) for each in self.pipelines if (issuer := self._issuer(each)) is not None]

    def find(self, name: str | None) -> Approver | None:
        """Return an approver by name."""
        return next((each for each in self.approvers if each.name == name), None)

    def may_waive(self, approver: Approver) -> bool:
        """Say whether somebody has a role that signs waivers."""
        return bool(set(approver.roles) & set(self.waivers))


def _repeated(names: Iterable[str]) -> set[str]:
    """Return the names that occur twice."""
    return {name for name, times in Counter(names).items() if times > 1}


def key_name(verifier: Verifier | CurveKey) -> str:
    """Return what signatures call a key."""
    return f"{verifier.name}+{verifier.key_id.hex()}"


def entry(name: str, public: str, roles: Iterable[str], known_as: Iterable[str] = ()) -> str:
    """Return the lines of an approver, as they stand in the file under `approvers`."""
    lines = [f"  - name: {name}", f"    key: {public}", f"    roles: [{', '.join(roles)}]"]
    names = ", ".join(known_as)
    return "\n".join([*lines, f"    known_as: [{names}]"] if names else lines)


def _public(text: str) -> Verifier | CurveKey:
    """Read a public key of either type; what is neither is told as no Ed25519 key."""
    try:
        return CurveKey.parse(text, "")
    except HeadgateError:
        return Verifier.parse(text, "")


def _jwk(public: Verifier | CurveKey) -> dict[str, str]:
    """Return the fields of a JSON Web Key."""
    if isinstance(public, CurveKey):
        return public.jwk()
    return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(public.public).rstrip(b"=").decode()}


def read(policies: Path) -> Approvers:
    """Read the approvers of a policies directory; without a file there are none, and no waiver counts."""
    return read_file(policies / FILE)


def read_file(path: Path) -> Approvers:
    """Read a file of approvers."""
    if not path.exists():
        return Approvers()
    document = read_document(path, form=_FORM)
    try:
        return Approvers.model_validate(document.value)
    except ValidationError as error:
        raise_all(from_validation(error, Approvers, document.origin, _FORM))
        raise
