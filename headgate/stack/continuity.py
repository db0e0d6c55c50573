"""What a platform may not do from one update to the next: lose a region that serves, move its home, skip a version.

Owns the comparison of what stands with what is asked for. What stands comes from the platform's own exports, or from
another version of its stack file; this module does not care which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.errors import HeadgateError
from headgate.stack.document import KeyPath, Origin
from headgate.stack.edge import RegionState
from headgate.stack.finding import Finding
from headgate.stack.load import LoadedStack
from headgate.stack.platform import PlatformStack


@dataclass(frozen=True)
class Standing:
    """What a platform was when it was last deployed. `home` is its primary region: exports keep no order."""

    kubernetes_version: str
    home: str
    regions: Mapping[str, RegionState]
    provisioned: bool = False
    """Whether Karpenter makes nodes there, and has not been told to give them back."""

    @classmethod
    def of(cls, stack: PlatformStack) -> Standing:
        """Return what a stack is once it is deployed."""
        states = {region.name: region.state for region in stack.regions}
        cluster = stack.cluster
        return cls(cluster.kubernetes_version, stack.regions[0].name, states, cluster.provisioned is not None)

    @classmethod
    def from_export(cls, export: Any) -> Standing | None:
        """Read a platform's export; an older platform, or one that was never deployed, has none."""
        if not isinstance(export, Mapping):
            return None
        regions = {str(name): RegionState(state) for name, state in dict(export.get("regions") or {}).items()}
        version, home = export.get("kubernetes_version"), export.get("home")
        if not (regions and version and home):
            return None
        return cls(str(version), str(home), regions, bool(export.get("provisioned")))

    def export(self) -> dict[str, Any]:
        """Return the export that the next update reads."""
        return {
            "kubernetes_version": self.kubernetes_version,
            "home": self.home,
            "regions": {name: str(state) for name, state in self.regions.items()},
            "provisioned": self.provisioned,
        }


def check_step(before: Standing, after: PlatformStack) -> Iterator[Finding]:
    """Yield what can't be done in one update."""
    yield from _regions(before, after)
    yield from _version(before.kubernetes_version, after.cluster.kubernetes_version)
    yield from _nodes(before, after)


def step_errors(before: Standing, stack: LoadedStack) -> list[HeadgateError]:
    """Return the same, each with the file and line to change."""
    return [finding.at(lambda path: _place(stack, path)) for finding in check_step(before, stack.platform)]


def _place(stack: LoadedStack, path: KeyPath) -> Origin:
    """Return the place of a value, or of the nearest thing around it."""
    while path and path not in stack.origins:
        path = path[:-1]
    return stack.origins.get(path, Origin(f"stacks/{stack.name.file_name}", 1))


def _regions(before: Standing, after: PlatformStack) -> Iterator[Finding]:
    """Hold a region until an update in which it drained, and the primary for good."""
    names = [region.name for region in after.regions]
    for name, state in before.regions.items():
        if name not in names and state is not RegionState.DRAINING:
            yield Finding(
                ("regions",),
                f"region {name} is still in traffic and can't be removed yet",
                found=f"no entry for {name}, which serves",
                expected=f"{name} with `state: draining`, deployed, before its entry goes",
                fix="put the entry back with `state: draining`, deploy this stack and the teams', then remove it",
            )
    if names[0] != before.home:
        yield Finding(
            ("regions", 0, "name"),
            "the platform's home can't move",
            found=f"{names[0]} in the first place",
            expected=f"{before.home} first: registry, logs and edge are there, and a move would make them anew",
            fix=f"write {before.home} first; `priority` decides which region serves",
        )


def _nodes(before: Standing, after: PlatformStack) -> Iterator[Finding]:
    """Keep Karpenter until an update in which it gave its nodes back: without it they would stay for good."""
    if before.provisioned and after.cluster.autoprovisioning is None:
        yield Finding(
            ("cluster",),
            "nodes that Karpenter made still stand, and would stay without it",
            found="no `autoprovisioning`, which is deployed",
            expected="`autoprovisioning` with `draining: true`, deployed, before it goes",
            fix="put it back with `draining: true` and pools of equal bounds, deploy, then remove it",
        )


def _version(before: str, after: str) -> Iterator[Finding]:
    """Take Kubernetes up by one minor at a time, and never down."""
    old, new = _numbers(before), _numbers(after)
    # An alias (1.36) of the version that runs (1.36.3) is no change.
    shared = min(len(old), len(new))
    path = ("cluster", "kubernetes_version")
    if new[:shared] < old[:shared]:
        yield Finding(
            path,
            "Kubernetes can't go back to an older version",
            found=f"{after}; {before} is deployed",
            expected=f"{before} or newer",
            fix="write the version that is deployed, or a newer one",
        )
    elif new[1] > old[1] + 1:
        yield Finding(
            path,
            "Kubernetes goes up by one minor at a time",
            found=f"{after}; {before} is deployed",
            expected=f"1.{old[1] + 1} first",
            fix=f'write "1.{old[1] + 1}", deploy, then the next',
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
