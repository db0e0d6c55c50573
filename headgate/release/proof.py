"""Whether a digest was deployed where it should have been proven: what ledgers and states say, and what nobody says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from headgate.audit import Entry
from headgate.audit.canonical import parse
from headgate.audit.place import is_begun, read
from headgate.audit.reader import LedgerReader
from headgate.errors import Exit, HeadgateError
from headgate.plan.view import Operation, Resource, View
from headgate.release.changes import digests_in
from headgate.stack.identity import StackName

DEPLOYMENT = "deployment"
VERSION = "headgate.dev/model-version"


class Proof(StrEnum):
    """What is known of a digest."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Evidence:
    """What one source says was deployed in a stack. `places` says of each digest where it says so."""

    source: str
    places: Mapping[str, str]


@dataclass(frozen=True)
class Judged:
    """A digest, the setting that brings it, and what is known of it."""

    digest: str
    setting: str
    proof: Proof
    place: str

    def as_json(self) -> dict[str, str]:
        """Return the judgement for `--json`."""
        return {"digest": self.digest, "setting": self.setting, "proof": str(self.proof), "place": self.place}


def judge(digests: Mapping[str, str], evidence: Sequence[Evidence]) -> list[Judged]:
    """Say of each digest whether any evidence has it. Without any evidence nothing is known, which is no proof."""
    return [_judged(digest, setting, evidence) for digest, setting in digests.items()]


def _judged(digest: str, setting: str, evidence: Sequence[Evidence]) -> Judged:
    for each in evidence:
        if digest in each.places:
            return Judged(digest, setting, Proof.PROVEN, each.places[digest])
    looked_at = ", ".join(each.source for each in evidence)
    return Judged(digest, setting, Proof.UNPROVEN if evidence else Proof.UNKNOWN, looked_at)


def require(judged: Sequence[Judged], stack: StackName) -> None:
    """Refuse what evidence speaks against, and what nothing speaks for: silence is no proof."""
    lacking = [each for each in judged if each.proof is not Proof.PROVEN]
    if not lacking:
        return
    settings, digests = (", ".join(getattr(each, name) for each in lacking) for name in ("setting", "digest"))
    if all(each.proof is Proof.UNPROVEN for each in lacking):
        what, found = f"not deployed in {stack}: {settings}", f"no deployment of {digests}"
        fix = f"deploy it there first (headgate up -s {stack}), then promote"
    else:
        what, found = f"not proven in {stack}: {settings}", f"nothing says what {stack} ran, so not of {digests} either"
        fix = (
            f"name what says it: `pulumi stack export -s {stack} --file state.json`, then --state state.json; or "
            f"--ledger with the deployments that `headgate up -s {stack}` recorded. "
            "If it never ran there: deploy it first"
        )
    raise HeadgateError(
        what,
        where=lacking[0].place,
        found=found,
        expected=f"a deployment of each digest in {stack}",
        fix=fix,
        exit_code=Exit.VIOLATIONS,
    )


def from_ledger(ledger: Path, stack: StackName) -> Evidence | None:
    """Return what a ledger's deployment entries say; None where it has none of this stack."""
    reader = read(ledger)
    places: dict[str, str] = {}
    has_any = False
    for index, document in _deployments(reader, stack):
        has_any = True
        place = f"{ledger}, entry {index} of {document['time']}"
        places |= dict.fromkeys(digests_in(document.get("data")), place)
    return Evidence(f"ledger {ledger}", places) if has_any else None


class Deployments:
    """Where digests were deployed, as a ledger says while it grows: what was read is not read again."""

    def __init__(self, ledger: Path) -> None:
        """Take the ledger; nothing is read yet."""
        self._ledger = ledger
        self._read, self._root = 0, b""
        self._stacks: dict[str, set[str]] = {}

    def stacks(self) -> Mapping[str, set[str]]:
        """Return the stacks in which each digest was deployed by now; none of a ledger that has not begun."""
        if not is_begun(self._ledger):
            return {}
        reader = read(self._ledger)
        size = reader.checkpoint.size
        if self._read and (size < self._read or reader.range_hash(0, self._read) != self._root):
            # Another ledger in its place.
            self._read, self._stacks = 0, {}
        for _, document in _deployments(reader, None, self._read):
            for digest in digests_in(document.get("data")):
                self._stacks.setdefault(digest, set()).add(document["subject"])
        self._read, self._root = size, reader.range_hash(0, size) if size else b""
        return self._stacks


def _deployments(reader: LedgerReader, stack: StackName | None, start: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the deployments of a stack, or of all, from an entry on."""
    for index, entry in reader.marked([f'"{DEPLOYMENT}"'.encode()], start):
        if (found := parse(entry))["kind"] != DEPLOYMENT:
            continue
        if stack is None or found["subject"] == str(stack):
            yield index, reader.document(entry)


def from_state(view: View, stack: StackName, source: str) -> Evidence:
    """Return what a state says is deployed."""
    if view.stack not in (None, str(stack)):
        raise HeadgateError(
            "this is another stack's state",
            where=source,
            found=view.stack,
            expected=str(stack),
            fix=f"pulumi stack export -s {stack} --file {source}",
        )
    places = {digest: f"state {source}" for each in _standing(view) for digest in digests_in(each.properties)}
    return Evidence(f"state {source}", places)


def _standing(view: View) -> list[Resource]:
    """Return what is deployed and became what was asked for: a pod that never got ready proves nothing."""
    return [each for each in view.resources if each.operation is Operation.SAME and not each.unfinished]


def deployment_entry(view: View, changes: Mapping[str, int]) -> Entry:
    """Return the ledger's record of an update that went well: which digests the stack now consists of."""
    standing = _standing(view)
    digests = sorted({digest for each in standing for digest in digests_in(each.properties)})
    data = {
        "changes": dict(changes),
        "digests": digests,
        "resources": len(standing),
        "versions": dict(sorted(_versions(standing))),
    }
    return Entry(kind=DEPLOYMENT, subject=view.stack or "", data=data)


def _versions(standing: Sequence[Resource]) -> Iterator[tuple[str, str]]:
    """Yield which version each workload serves, by NAMESPACE/NAME: the next update must not go back behind it."""
    for each in standing:
        metadata = each.properties.get("metadata")
        metadata = metadata if isinstance(metadata, Mapping) else {}
        annotations = metadata.get("annotations")
        version = annotations.get(VERSION) if isinstance(annotations, Mapping) else None
        if each.kind and isinstance(version, str) and isinstance(name := metadata.get("name"), str):
            yield f"{each.namespace}/{name}", version
