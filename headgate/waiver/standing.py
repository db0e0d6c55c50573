"""Which waivers count today, and why the others do not."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headgate.approver.register import Approvers
from headgate.policy.catalogue import Rule
from headgate.waiver.document import Waiver, Written
from headgate.waiver.signature import is_signed_by

# What asks for somebody's approval is not waived by somebody's approval.
_NEVER = "approval"


@dataclass(frozen=True)
class Standing:
    """A waiver, and what keeps it from counting: nothing, if it counts."""

    waiver: Waiver
    where: str
    problem: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is leave to break its rule today."""
        return not self.problem

    def as_data(self) -> dict[str, Any]:
        """Return what the decision in Rego needs to know."""
        return self.waiver.model_dump(mode="json", exclude={"requested_by", "ended", "signature"})


def today() -> datetime.date:
    """Return the day, as everywhere: in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


def standing(
    written: Sequence[Written], by: Approvers, rules: Sequence[Rule], day: datetime.date
) -> tuple[Standing, ...]:
    """Judge every waiver."""
    by_id = {rule.id: rule for rule in rules}
    return tuple(
        Standing(each.waiver, str(each.origin), _problem(each.waiver, by, by_id.get(each.waiver.rule), day))
        for each in written
    )


def hopeless(waiver: Waiver, rule: Rule | None) -> str:
    """Say why no signature would make a waiver count; nothing, if one can."""
    if rule is None:
        return f"there is no rule {waiver.rule}"
    if rule.category == _NEVER:
        return f"{rule.id} asks for approval, and that can't be waived"
    if beyond := set(waiver.gates) - set(rule.gates):
        return f"{rule.id} does not judge at gate {', '.join(sorted(beyond))}"
    return ""


def _problem(waiver: Waiver, by: Approvers, rule: Rule | None, day: datetime.date) -> str:
    """Say what is wrong with a waiver; nothing, if it counts."""
    return hopeless(waiver, rule) or _unsigned(waiver, by, day) or _out_of_time(waiver, day)


def _unsigned(waiver: Waiver, by: Approvers, day: datetime.date) -> str:
    if not waiver.signature or not waiver.approver:
        return "nobody signed it"
    approver = by.find(waiver.approver)
    if approver is None:
        return f"{waiver.approver}, who signed it, is no approver"
    # Nobody knows on which day a signature was made: a revoked key has none that count.
    if approver.revoked:
        return f"the key of {waiver.approver} is revoked: {approver.revoked}"
    if approver.until is not None and day > approver.until:
        return f"the key of {waiver.approver} was good until {approver.until}"
    if not by.may_waive(approver):
        return f"{waiver.approver}, who signed it, has no role that signs waivers"
    if waiver.approver == waiver.requested_by:
        return f"{waiver.approver} signed a waiver of their own"
    verifier = approver.verifier
    if verifier is None:
        return f"the key of {waiver.approver} is in a vault, and signs plans alone"
    if not is_signed_by(waiver, verifier):
        return f"the signature of {waiver.approver} does not fit what it says: it was changed after it was signed"
    return ""


def _out_of_time(waiver: Waiver, day: datetime.date) -> str:
    if waiver.ended is not None and day >= waiver.ended:
        return f"it was ended on {waiver.ended}"
    if day > waiver.expires:
        return f"its last day was {waiver.expires}"
    return f"its first day is {waiver.since}" if day < waiver.since else ""
