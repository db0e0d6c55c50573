"""What a check found, and which findings stand as exceptions with a reason (`exceptions.yaml`).

Owns the table: every row names the check, its rule, the resources by pattern and the reason. A row that excuses nothing
is itself a finding, so the table can't outlive what it was for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

from headgate.errors import HeadgateError

TABLE = Path(__file__).with_name("exceptions.yaml")
_COLUMNS = {"check", "rule", "resource", "reason"}
CHECKS = ("pod-security", "kubeconform", "kube-score", "checkov")


@dataclass(frozen=True, order=True)
class Finding:
    """One fault: which check and rule found it, on what, in which stacks."""

    check: str
    rule: str
    resource: str
    text: str
    stacks: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Return the resource, with the first stack that deploys it."""
        return f"{self.resource} ({self.stacks[0]})" if self.stacks else self.resource


@dataclass(frozen=True)
class Exemption:
    """One row of the table. `resource` is a pattern, as in file names; `places` are patterns of stacks, with `|`."""

    check: str
    rule: str
    resource: str
    reason: str
    places: str = "*"

    def covers(self, finding: Finding) -> bool:
        """Say whether the row is about a finding: wherever it was found."""
        if (self.check, self.rule) != (finding.check, finding.rule):
            return False
        patterns = self.places.split("|")
        everywhere = all(any(fnmatchcase(stack, each) for each in patterns) for stack in finding.stacks)
        return fnmatchcase(finding.resource, self.resource) and everywhere


@cache
def exemptions(path: Path = TABLE) -> tuple[Exemption, ...]:
    """Return the table; a row without a reason is refused."""
    rows = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    return tuple(_row(row, f"{path.name}, row {number}") for number, row in enumerate(rows, start=1))


def _row(row: object, where: str) -> Exemption:
    """Read a row of the table."""
    if not isinstance(row, dict) or set(row) - {"in"} != _COLUMNS or row["check"] not in CHECKS:
        raise HeadgateError(
            "this row of the exceptions can't be read",
            where=where,
            found=str(row),
            expected=f"check ({', '.join(CHECKS)}), rule, resource and reason; `in` may limit it to some stacks",
            fix="correct the row",
        )
    if len(str(row["reason"]).split()) < 4:
        raise HeadgateError(
            "this exception has no reason that a reviewer could judge",
            where=where,
            found=str(row["reason"]),
            expected="a sentence",
            fix="say why it is well all the same, or take the row out",
        )
    text = {name: str(value) for name, value in row.items()}
    return Exemption(text["check"], text["rule"], text["resource"], text["reason"], text.get("in", "*"))


def standing(check: str, found: Iterable[Finding], table: Sequence[Exemption]) -> list[Finding]:
    """Return what no row excuses, and a finding for each row of this check that excuses nothing."""
    findings = list(found)
    rows = [row for row in table if row.check == check]
    left = [finding for finding in findings if not any(row.covers(finding) for row in rows)]
    stale = [
        Finding(check, row.rule, row.resource, f"{TABLE.name} excuses what is not found any more: take the row out")
        for row in rows
        if not any(row.covers(finding) for finding in findings)
    ]
    return sorted(left) + stale


def gathered(found: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """Return each fault once, with every stack that has it."""
    stacks: dict[tuple[str, str, str, str], list[str]] = {}
    for stack, each in found:
        stacks.setdefault((each.check, each.rule, each.resource, each.text), []).append(stack)
    return [Finding(*key, tuple(sorted(set(names)))) for key, names in stacks.items()]
