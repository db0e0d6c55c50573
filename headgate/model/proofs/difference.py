"""What differs between two versions: as rows of what, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headgate.model.proofs.standing import Standing


@dataclass(frozen=True)
class Row:
    """One thing that differs; empty where it is not there."""

    what: str
    before: str
    after: str

    def as_json(self) -> dict[str, str]:
        """Return it as data."""
        return {"what": self.what, "before": self.before, "after": self.after}


def difference(before: Standing, after: Standing) -> list[Row]:
    """Return what differs, in the order of a version's page."""
    ours, theirs = _facts(before), _facts(after)
    names = [*ours, *(name for name in theirs if name not in ours)]
    rows = [Row(name, ours.get(name, ""), theirs.get(name, "")) for name in names]
    return [row for row in rows if row.before != row.after]


def _facts(standing: Standing) -> Mapping[str, str]:
    model, found = standing.model, {}
    found["version"] = model.version
    found["framework"] = model.framework
    found["stage"] = str(standing.stage or "none")
    found["signed by"] = ", ".join(each.by for each in standing.signatures)
    for label, tensors in (("input", model.inputs), ("output", model.outputs)):
        found |= {f"{label} {each.name}": f"{each.datatype} {list(each.shape)}" for each in tensors}
    found |= {f"file {file.path}": f"{file.digest} ({file.size} bytes)" for file in model.files}
    if standing.evaluation:
        parts = ("quality", "fairness", "explainability")
        found |= {
            f"{part} {each.name}{f' ({each.group})' if each.group else ''}": f"{each.value:g}"
            for part in parts
            for each in getattr(standing.evaluation, part)
        }
    if standing.lineage:
        found["commit"] = standing.lineage.commit
        found["run"] = standing.lineage.run
        found["base model"] = standing.lineage.base_model or "none"
        found |= {f"data {each.name}": each.version for each in standing.lineage.data}
    return found
