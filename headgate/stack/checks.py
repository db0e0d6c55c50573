"""What no single field can say: names that repeat, sums over a quota, data in the wrong region."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from headgate.errors import HeadgateError
from headgate.stack.document import KeyPath, Origin
from headgate.stack.identity import PLATFORM, StackName
from headgate.stack.platform import PlatformStack
from headgate.stack.regions import region_catalogue
from headgate.stack.team import TeamStack


@dataclass(frozen=True)
class Finding:
    """A fault between values, before it has a file and line."""

    path: KeyPath
    what: str
    found: str
    expected: str
    fix: str

    def at(self, origin: Callable[[KeyPath], Origin]) -> HeadgateError:
        """Give it its place."""
        return HeadgateError(
            self.what, where=str(origin(self.path)), found=self.found, expected=self.expected, fix=self.fix
        )


def check_platform(stack: PlatformStack) -> Iterator[Finding]:
    """Yield what is wrong between a platform's values."""
    yield from _repeated("region", ("regions",), [region.name for region in stack.regions])
    yield from _repeated("network", ("regions",), [region.network for region in stack.regions], key="network")
    for index, region in enumerate(stack.regions):
        allowed = region_catalogue()[region.name].data_classes
        if stack.data_class not in allowed:
            yield Finding(
                ("regions", index, "name"),
                f"{stack.data_class} data may not be in {region.name}",
                found=f"data_class {stack.data_class}, region {region.name}",
                expected=f"in {region.name}: {', '.join(allowed)}",
                fix="choose a region that allows this class (headgate/stack/regions.yaml), or correct data_class",
            )
    pools = stack.cluster.pools
    for name, pool in (("system", pools.system), ("cpu", pools.cpu), ("gpu", pools.gpu)):
        if pool is not None:
            yield from _bounds(("cluster", "pools", name, "min"), pool.min, pool.max)
    if pools.system.min < 1:
        yield Finding(
            ("cluster", "pools", "system", "min"),
            "the system pool can't be empty",
            found="min: 0",
            expected="1 or more: the cluster's own add-ons run there",
            fix="write `min: 1` or more",
        )
    if stack.edge.successes > stack.edge.samples:
        yield Finding(
            ("edge", "successes"),
            "more successes than samples can never be reached",
            found=f"{stack.edge.successes} of {stack.edge.samples}",
            expected="successes no more than samples",
            fix="lower `successes`",
        )


def check_team(stack: TeamStack, name: StackName) -> Iterator[Finding]:
    """Yield what is wrong between a team's values."""
    if stack.name != name.owner:
        yield Finding(
            ("name",),
            "the team's name is not the stack's",
            found=f"{stack.name} in stack {name}",
            expected=name.owner,
            fix=f"write `name: {name.owner}`, or rename the file",
        )
    if stack.name == PLATFORM:
        yield Finding(("name",), "`platform` is no team", found="platform", expected="a team", fix="choose a name")
    yield from _repeated("model", ("models",), [model.name for model in stack.models])
    total = 0
    for index, model in enumerate(stack.models):
        yield from _bounds(("models", index, "replicas", "min"), model.replicas.min, model.replicas.max)
        total += model.resources.gpus * model.replicas.max
        if total > stack.quota.gpus and model.resources.gpus:
            yield Finding(
                ("models", index, "resources", "gpus"),
                "the models can scale to more GPUs than the team's quota",
                found=f"{total} GPUs: {model.name} adds {model.resources.gpus} x {model.replicas.max} replicas",
                expected=f"at most {stack.quota.gpus} (quota.gpus)",
                fix="lower replicas.max or resources.gpus, or ask the platform owner to raise quota.gpus",
            )


def _repeated(kind: str, path: KeyPath, names: list[str], key: str = "name") -> Iterator[Finding]:
    """Yield each name that was there before."""
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Finding(
                (*path, index, key),
                f"{kind} `{name}` is there twice",
                found=f"{name}, also at position {names.index(name) + 1} of {path[-1]}",
                expected=f"each {kind} once",
                fix="remove or rename one of the two",
            )


def _bounds(path: KeyPath, low: int, high: int) -> Iterator[Finding]:
    """Yield a lower bound that is above the upper."""
    if low > high:
        yield Finding(path, "the minimum is above the maximum", f"min {low}, max {high}", "min ≤ max", "swap them")
