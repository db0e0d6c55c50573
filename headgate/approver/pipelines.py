"""Pipelines that approve: CI that has no key, and whose runs an issuer vouches for with tokens (OpenID Connect).

Owns which issuer, under which keys, names which run as which pipeline. All of it is data of the register, the issuer's
keys too: what counts is decided without asking anybody. Rego verifies the tokens (`policies/rego/lib/pipeline.rego`).
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

_LEAST_BITS = 2048


class IssuerKey(BaseModel):
    """A public key of an issuer, as the issuer publishes it in its JSON Web Key Set."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kid: Annotated[str, Field(min_length=1)]
    """What tokens call the key."""
    kty: Literal["RSA"]
    """RSA, and nothing else."""
    n: str
    """The modulus, of 2048 bits or more."""
    e: str
    """The exponent."""
    alg: Literal["RS256"] = "RS256"
    """The one algorithm that the key signs with."""
    use: Literal["sig"] = "sig"
    """For signatures, and nothing else."""
    x5c: tuple[str, ...] = ()
    """Its certificate, where the issuer publishes one. Not used."""
    x5t: str = ""
    """That certificate's hash. Not used."""
    until: datetime.date | None = None
    """The last day on which what this key signed counts: write one to revoke it."""

    @field_validator("n")
    @classmethod
    def _long_enough(cls, text: str) -> str:
        try:
            found = int.from_bytes(
                base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True), "big"
            )
        except binascii.Error as error:
            raise PydanticCustomError("bad_key", "no key", {"expected_text": "a modulus in base64url"}) from error
        if found.bit_length() < _LEAST_BITS:
            raise PydanticCustomError("short_key", "a short key", {"expected_text": f"{_LEAST_BITS} bits or more"})
        return text

    def as_data(self) -> dict[str, Any]:
        """Return what the rules need to know."""
        public = {name: getattr(self, name) for name in ("kty", "n", "e", "alg", "kid")}
        return {"kid": self.kid, "jwk": json.dumps(public)} | ({"until": self.until.isoformat()} if self.until else {})


class Issuer(BaseModel):
    """Who vouches for runs, and with which keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    issuer: Annotated[str, Field(pattern=r"^https://[^\s#]+$")]
    """What its tokens call it, such as https://token.actions.githubusercontent.com."""
    audience: Annotated[str, Field(pattern=r"^[^\s#]{4,200}$")]
    """For whom its tokens are: a name of this installation, and of no other service."""
    keys: Annotated[tuple[IssuerKey, ...], Field(min_length=1)]
    """Its keys. A key that it begins to use counts once it is added here."""
    minutes: Annotated[int, Field(ge=5, le=4320)] = 60
    """For how long an approval counts after its token was issued."""


class Pipeline(BaseModel):
    """A pipeline that approves."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(pattern=r"^[^\s/+]{1,64}$")]
    """What approvals call it."""
    issuer: str
    """Who vouches for its runs: one of `issuers`."""
    subject: Annotated[str, Field(pattern=r"^[^:*\s]+:[^:*\s]+:[A-Za-z0-9._/:@-]*(?:\*[A-Za-z0-9._/:@-]+)*\*?$")]
    """Which runs are its runs: the token's `sub`. A * stands for anything but : and /, behind the repository alone."""
    claims: Mapping[str, Annotated[str, Field(pattern=r"^[A-Za-z0-9._/:@-]+(?:\*[A-Za-z0-9._/:@-]+)*\*?$")]] = {}
    """Other texts that the token has to say, such as `workflow_ref` or `repository_id`."""
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    """What it answers for: roles of no person."""

    @property
    def key_name(self) -> str:
        """What its approvals are kept under: the name, and what tells it from another of that name."""
        return f"{self.name}+{hashlib.sha256(f'{self.issuer} {self.subject}'.encode()).hexdigest()[:8]}"

    def as_data(self, issuer: Issuer) -> dict[str, Any]:
        """Return what the rules need to know, with the keys of its issuer."""
        return {
            "kid": self.key_name,
            "name": self.name,
            "person": self.name,
            "names": [self.name],
            "roles": list(self.roles),
            "issuer": self.issuer,
            "audience": issuer.audience,
            "minutes": issuer.minutes,
            "subject": self.subject,
            "claims": dict(self.claims),
            "keys": [key.as_data() for key in issuer.keys],
        }
