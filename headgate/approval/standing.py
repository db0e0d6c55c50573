"""How the approvals of a plan stand: which count, which do not and why, as the rules say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.approval.document import Subject, shown
from headgate.approval.facts import facts
from headgate.approval.policy import parameters_of
from headgate.policy import opa
from headgate.policy.bundle import Bundle

_QUERY = "data.lib.approval"
_LIBRARY = "lib/"


@dataclass(frozen=True)
class Standing:
    """One signature, and what is wrong with it: nothing, if it counts."""

    claims: Mapping[str, Any]
    problem: str = ""

    @property
    def counts(self) -> bool:
        """Whether it counts."""
        return not self.problem

    def as_json(self) -> dict[str, Any]:
        """Return the fields of a report."""
        said = {name: self.claims.get(name) for name in ("approver", "role", "kind", "iat", "nbf", "exp", "incident")}
        return {**said, "counts": self.counts, "problem": self.problem}


@dataclass(frozen=True)
class Approvals:
    """All signatures of a plan, and whether they are enough."""

    each: tuple[Standing, ...]
    people: tuple[str, ...]
    enough: bool
    incidents: tuple[str, ...]

    @property
    def emergency(self) -> bool:
        """Whether it is break-glass that opens the way."""
        return bool(self.incidents)


def standing(subject: Subject, tokens: Sequence[str], bundle: Bundle) -> Approvals:
    """Ask the rules about a plan's approvals."""
    told = facts(subject, tokens, bundle, applies=False)
    return judged(bundle, bundle.environment_of(subject.stack), parameters_of(bundle, subject.stack), told)


def judged(bundle: Bundle, environment: str, parameters: Mapping[str, Any], approval: Mapping[str, Any]) -> Approvals:
    """Ask the rules about approvals, by these parameters."""
    stack, tokens = approval["stack"], approval["approvals"]
    root = f"urn:pulumi:{stack}::headgate::pulumi:pulumi:Stack::headgate-{stack}"
    document = {
        "gate": "P",
        "phase": "preview",
        "environment": environment,
        "parameters": parameters,
        "facts": {"approval": approval},
        "resource": {"id": root, "type": "pulumi:pulumi:Stack", "provider": "pulumi", "properties": {}, "opaque": []},
    }
    found = opa.value(bundle, _QUERY, document, below=_LIBRARY)
    try:
        each = tuple(
            Standing(shown(token), str(one.get("problem", "")))
            for token, one in zip(tokens, found["approvals"], strict=True)
        )
        return Approvals(each, tuple(found["people"]), found["enough"] is True, tuple(found["emergencies"]))
    except (KeyError, TypeError, ValueError) as error:
        raise opa.unavailable(f"an answer that can't be read: {error!r}") from error
