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

_LIBRARY = "lib/"
# One answer for each that is asked about, in their order.
_QUERY = """[answer |
	some each in input.each
	document := object.union(input.all, each)
	answer := data.lib.approval with input as document
]"""
_SECTION = "approval"
_RESOURCE = {"type": "pulumi:pulumi:Stack", "provider": "pulumi", "properties": {}, "opaque": []}
# The register, which is as long as people are many: told once, whatever is asked.
_KNOWN = ("keys", "pipelines")


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
    asked = Asked(parameters_of(bundle, subject.stack), told)
    return judged(bundle, bundle.environment_of(subject.stack), [asked])[0]


@dataclass(frozen=True)
class Asked:
    """What the rules are asked: about these facts, by these parameters."""

    parameters: Mapping[str, Any]
    approval: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """Return what is its own in the input of the rules. The library reads one section of parameters."""
        stack = self.approval["stack"]
        root = f"urn:pulumi:{stack}::headgate::pulumi:pulumi:Stack::headgate-{stack}"
        own = {name: value for name, value in self.approval.items() if name not in _KNOWN}
        return {
            "parameters": {name: value for name, value in self.parameters.items() if name == _SECTION},
            "facts": {"approval": own},
            "resource": {**_RESOURCE, "id": root},
        }


def judged(bundle: Bundle, environment: str, asked: Sequence[Asked]) -> list[Approvals]:
    """Ask the rules about the approvals of plans or steps that are judged by one register: all in one evaluation."""
    known = {name: asked[0].approval[name] for name in _KNOWN}
    document = {
        "all": {"gate": "P", "phase": "preview", "environment": environment, "facts": {"approval": known}},
        "each": [each.document() for each in asked],
    }
    found = opa.value(bundle, _QUERY, document, below=_LIBRARY)
    try:
        pairs = zip(asked, found, strict=True)
        return [_read(one.approval["approvals"], answer) for one, answer in pairs]
    except (KeyError, TypeError, ValueError) as error:
        raise opa.unavailable(f"an answer that can't be read: {error!r}") from error


def _read(tokens: Sequence[str], found: Mapping[str, Any]) -> Approvals:
    each = tuple(
        Standing(shown(token), str(one.get("problem", "")))
        for token, one in zip(tokens, found["approvals"], strict=True)
    )
    return Approvals(each, tuple(found["people"]), found["enough"] is True, tuple(found["emergencies"]))
