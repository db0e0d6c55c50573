"""Where a version comes from, and what that came from in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headgate.model.descriptor import Reference
from headgate.model.errors import RegistryError
from headgate.model.proofs.documents import Lineage
from headgate.model.proofs.standing import Standing, read
from headgate.model.proofs.trust import Trust
from headgate.model.versions import MODELS, ModelRegistry

# A chain of fine-tunings is short; a longer one is a circle of somebody's making.
_DEEPEST = 20


@dataclass(frozen=True)
class Ancestor:
    """One model of the line: with its lineage, or why that can't be told."""

    name: str
    digest: str
    lineage: Lineage | None
    unknown: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as data."""
        said = self.lineage.model_dump(mode="json") if self.lineage else None
        return {"name": self.name, "digest": self.digest, "lineage": said, "unknown": self.unknown}

    def lines(self) -> Iterator[str]:
        """Yield it for a person."""
        yield f"{self.name} {self.digest}"
        if self.lineage is None:
            yield f"  {self.unknown}"
            return
        yield f"  code  {self.lineage.repository} {self.lineage.commit}"
        yield from (f"  data  {each.name} {each.version}" for each in self.lineage.data)
        yield f"  run   {self.lineage.run}"
        yield f"  base  {self.lineage.base_model or 'none: it began from nothing'}"
        if self.lineage.imported:
            from_there = self.lineage.imported
            yield f"  from  {from_there.registry} {from_there.model} {from_there.version}"


def descent(models: ModelRegistry, name: str, reference: str, trust: Trust) -> list[Ancestor]:
    """Return a version and all that it was trained from, as far as this registry knows."""
    found: list[Ancestor] = []
    seen: set[str] = set()
    at: tuple[str, str] | None = (name, reference)
    while at is not None and len(found) < _DEEPEST:
        standing = _standing(models, *at, trust)
        if standing is None:
            found.append(Ancestor(at[0], at[1], None, "this registry does not have it"))
            break
        lineage = standing.lineage
        unknown = "" if lineage else "nobody whose word counts has attested its lineage"
        found.append(
            Ancestor(f"{standing.model.name} {standing.model.version}", standing.model.digest, lineage, unknown)
        )
        seen.add(standing.model.digest)
        base = lineage.base_model if lineage else None
        if base is None:
            break
        elsewhere = _base(models, base)
        if isinstance(elsewhere, Ancestor):
            found.append(elsewhere)
            break
        at = elsewhere if elsewhere[1] not in seen else None
    return found


def _standing(models: ModelRegistry, name: str, reference: str, trust: Trust) -> Standing | None:
    try:
        return read(models, name, reference, trust)
    except RegistryError as error:
        if error.not_found and reference.startswith("sha256:"):
            return None
        raise


def _base(models: ModelRegistry, text: str) -> tuple[str, str] | Ancestor:
    """Return where to look for a base model, or what is known of one that is kept elsewhere."""
    name, _, digest = text.partition("@")
    try:
        reference = Reference.parse(text)
    except RegistryError:
        return Ancestor(name, digest, None, "kept elsewhere")
    here = reference.registry == models.registry.login_server and reference.repository.startswith(MODELS)
    if not here:
        return Ancestor(name, digest, None, "kept elsewhere")
    return reference.repository.removeprefix(MODELS), digest
