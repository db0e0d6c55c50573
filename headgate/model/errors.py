"""What a registry refuses, in the shape that reaches a person."""

from __future__ import annotations

import json
from dataclasses import dataclass

from headgate.errors import HeadgateError


@dataclass(eq=False)
class RegistryError(HeadgateError):
    """A registry's refusal (`status` is HTTP's), its absence (`status` 0), or content that is not what it should be."""

    status: int = 0

    @property
    def not_found(self) -> bool:
        """Whether the repository, manifest or blob does not exist."""
        return self.status == 404

    @property
    def unreachable(self) -> bool:
        """Whether nobody answered, or the answer means "later": such a call may be repeated."""
        return self.status in (0, 429) or self.status >= 500

    def __str__(self) -> str:
        """Render as every error of the project does."""
        return HeadgateError.__str__(self)


@dataclass(eq=False)
class IntegrityError(RegistryError):
    """Content whose bytes are not those that its digest or size names. Never retried, never used."""

    @property
    def unreachable(self) -> bool:
        """Say no: asking again does not make tampered content right."""
        return False


@dataclass(eq=False)
class UnfitError(RegistryError):
    """What lies in a registry and is none of ours, or of another form: whoever may push can put it there."""

    @property
    def unreachable(self) -> bool:
        """Say no: asking again makes it nothing else, and who reads a whole registry goes on without it."""
        return False


@dataclass(eq=False)
class UnusableReferenceError(RegistryError):
    """A reference that is wrong as it is written: no registry can make it right."""


def refusal(status: int, payload: bytes, method: str, where: str) -> RegistryError:
    """Read a refusal: the distribution specification's `errors` document where the registry sent one."""
    try:
        rows = json.loads(payload)["errors"]
        found = "; ".join(f"{row.get('code', '')}: {row.get('message', '')}" for row in rows)
    except (ValueError, KeyError, TypeError, AttributeError):
        found = payload[:200].decode(errors="replace").strip()
    what = "the registry does not have it" if status == 404 else f"the registry refused {method}"
    fix = {
        401: "log in with `az acr login --name REGISTRY` (or `docker login`)",
        403: "ask the platform team for the right to do this (AcrPull to read, AcrPush to push)",
        404: "`headgate model list --registry LOGIN_SERVER` shows what is there",
    }.get(status)
    expected = "a repository and a version that are in this registry" if status == 404 else None
    found = f"HTTP {status} {found}".strip()
    return RegistryError(what, where=where, found=found, expected=expected, fix=fix, status=status)
