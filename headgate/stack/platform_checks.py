"""What is wrong between a platform's values: its regions, its nodes, its edge."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from components import sizing
from headgate.stack.document import KeyPath
from headgate.stack.edge import EdgeKind, Topology
from headgate.stack.finding import Finding, bounds, repeated
from headgate.stack.platform import PlatformStack
from headgate.stack.pools import Autoprovisioning, ExtraPool, Pools
from headgate.stack.regions import region_catalogue

RESERVED_POOLS = ("system", "cpu", "gpu", "boot")
# Machine sizes with NVIDIA GPUs begin so; of these, A100 and H100 can be cut into slices.
_GPU_SIZE = re.compile(r"Standard_N[CDV]\d")
_CUTTABLE = re.compile(r"Standard_N.*(A100|H100)")


def check_regions(stack: PlatformStack) -> Iterator[Finding]:
    """Yield regions that repeat, may not hold the data, or contradict the topology."""
    yield from repeated("region", ("regions",), [region.name for region in stack.regions])
    yield from _networks(stack)
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
    if not stack.serving:
        yield Finding(
            ("regions", 0, "state"),
            "every region is draining",
            found="no region that serves",
            expected="one region at least with `state: serving`",
            fix="add another region first, deploy, then drain this one",
        )
    yield from _topology(stack)


def _networks(stack: PlatformStack) -> Iterator[Finding]:
    """Yield networks with addresses that are somebody else's."""
    others = {ipaddress.ip_network(sizing.SERVICES): "the clusters' services"}
    for index, region in enumerate(stack.regions):
        network = ipaddress.ip_network(region.network)
        for other, whose in others.items():
            if network.overlaps(other):
                yield Finding(
                    ("regions", index, "network"),
                    f"the network of {region.name} has addresses of {whose}",
                    found=f"{network}, and {other} of {whose}",
                    expected="ranges apart: Azure peers nothing with two that overlap, and makes no such cluster",
                    fix=f"choose a range outside {other}",
                )
        others.setdefault(network, f"region {region.name}")


def _topology(stack: PlatformStack) -> Iterator[Finding]:
    """Yield priorities that say something else than the topology does."""
    passive = stack.topology is Topology.ACTIVE_PASSIVE
    taken: dict[int, str] = {}
    for region in stack.serving:
        path: KeyPath = ("regions", stack.regions.index(region), "priority")
        if not passive and region.priority not in (None, 1):
            yield Finding(
                path,
                "a region of an active-active platform waits for another to fail",
                found=f"{region.name} with priority {region.priority}",
                expected="no priority: all regions serve, shared by `weight`",
                fix="remove `priority:`, or write `topology: active-passive`",
            )
        other = taken.setdefault(stack.priority(region), region.name)
        if passive and other != region.name:
            yield Finding(
                path,
                "two regions of an active-passive platform serve at once",
                found=f"{other} and {region.name}, both with priority {stack.priority(region)}",
                expected="a priority of its own for each region",
                fix="write different priorities, or `topology: active-active`",
            )


def check_nodes(stack: PlatformStack) -> Iterator[Finding]:
    """Yield pools whose bounds or machines can't be."""
    cluster = stack.cluster
    pools = cluster.pools
    if pools.system.min < 1:
        yield Finding(
            ("cluster", "pools", "system", "min"),
            "the system pool can't be empty",
            found="min: 0",
            expected="1 or more: the cluster's own add-ons run there",
            fix="write `min: 1` or more",
        )
    yield from bounds(("cluster", "pools", "system", "min"), pools.system.min, pools.system.max)
    for name, pool in pools.named().items():
        path = _pool_path(name, pools)
        yield from bounds((*path, "min"), pool.min, pool.max)
        yield from _machine(path, pool)
    for name in RESERVED_POOLS:
        if name in pools.more:
            yield Finding(
                ("cluster", "pools", "more", name),
                f"`{name}` is the name of a pool that the platform makes itself",
                found=name,
                expected=f"another name than {', '.join(RESERVED_POOLS)}",
                fix="rename it",
            )
    if cluster.autoprovisioning is not None:
        yield from _provisioned(cluster.autoprovisioning, pools)


def _provisioned(asked: Autoprovisioning, pools: Pools) -> Iterator[Finding]:
    """Yield machines that Karpenter would buy for nothing, and pools that Azure does not take beside it."""
    yield from _sizes(("cluster", "autoprovisioning", "cpu", "sizes"), asked.cpu.sizes, gpu=False)
    if asked.gpu is not None:
        yield from _sizes(("cluster", "autoprovisioning", "gpu", "sizes"), asked.gpu.sizes, gpu=True)
        if not asked.gpu.max_gpus:
            yield Finding(
                ("cluster", "autoprovisioning", "gpu", "max_gpus"),
                "nodes with GPUs that may have none",
                found="max_gpus: 0",
                expected="1 or more",
                fix="write how many GPUs all these nodes together may have, or leave `gpu:` out",
            )
    for name, pool in pools.named().items() if asked.draining else ():
        if pool.min != pool.max:
            yield Finding(
                _pool_path(name, pools),
                "Azure takes no pool that scales beside nodes made to measure",
                found=f"min {pool.min}, max {pool.max}, while `autoprovisioning` drains",
                expected="equal bounds, large enough for what moves there",
                fix="write `min` and `max` alike until `autoprovisioning` is gone, or leave a pool that rests at 0 out",
            )


def _pool_path(name: str, pools: Pools) -> KeyPath:
    """Return where a pool stands."""
    return ("cluster", "pools", "more", name) if name in pools.more else ("cluster", "pools", name)


def _machine(path: KeyPath, pool: ExtraPool) -> Iterator[Finding]:
    """Yield a machine that a pool can't be of."""
    yield from _sizes((*path, "size"), [pool.size], gpu=pool.gpu)
    if pool.partition is not None and not _CUTTABLE.match(pool.size):
        yield Finding(
            (*path, "partition"),
            "the GPUs of this machine can't be cut into slices",
            found=f"{pool.partition} on {pool.size}",
            expected="a machine with A100 or H100 GPUs",
            fix="leave `partition:` out, or choose another size",
        )


def _sizes(path: KeyPath, sizes: list[str], gpu: bool) -> Iterator[Finding]:
    """Yield machine sizes of the wrong kind: they would be paid for and never used, or stay without their taint."""
    for index, size in enumerate(sizes):
        if bool(_GPU_SIZE.match(size)) != gpu:
            yield Finding(
                path if path[-1] == "size" else (*path, index),
                "this machine has no GPU" if gpu else "this machine has GPUs that nothing here would use",
                found=size,
                expected="a size of the NC, ND or NV families" if gpu else "a size without GPUs",
                fix="choose another size, or move it to a pool of the other kind",
            )


def check_edge(stack: PlatformStack) -> Iterator[Finding]:
    """Yield probes that can't be."""
    edge = stack.edge
    if edge.successes > edge.samples:
        yield Finding(
            ("edge", "successes"),
            "more successes than samples can never be reached",
            found=f"{edge.successes} of {edge.samples}",
            expected="successes no more than samples",
            fix="lower `successes`",
        )
    if stack.edge_kind is EdgeKind.TRAFFIC_MANAGER and stack.probe_seconds not in (10, 30):
        yield Finding(
            ("edge", "probe_seconds"),
            "Traffic Manager can't probe at this interval",
            found=f"{stack.probe_seconds} seconds",
            expected="10 or 30 seconds",
            fix="write `probe_seconds: 10`, or leave it out",
        )
    if edge.clients and stack.edge_kind is EdgeKind.FRONT_DOOR:
        yield Finding(
            ("edge", "clients"),
            "behind Front Door nobody reaches the gateways directly",
            found=f"{len(edge.clients)} ranges of callers",
            expected="no `clients`: the gateways have no public address",
            fix="remove `clients:`, or write `kind: traffic-manager`",
        )


def check_audit(stack: PlatformStack) -> Iterator[Finding]:
    """Yield a store that could never be taken down in a stack that is made to be."""
    if stack.audit.locked and not stack.protect:
        yield Finding(
            ("audit", "locked"),
            "a final retention period in a stack that may be deleted",
            found=f"locked: true, protect: false, retention_days: {stack.audit.retention_days}",
            expected="`protect: true` beside it: Azure deletes a locked store for nobody before its days are over",
            fix="remove `locked:`, or write `protect: true`",
        )


def check_training(stack: PlatformStack) -> Iterator[Finding]:
    """Yield teams whose models would be trained in a region that does not serve."""
    asked = stack.monitoring.in_cluster
    regions = [region.name for region in stack.serving]
    for index, team in enumerate(asked.training if asked else ()):
        if team.region is not None and team.region not in regions:
            yield Finding(
                ("monitoring", "in_cluster", "training", index, "region"),
                f"nothing would tell the receiver of `{team.team}`",
                found=team.region,
                expected=f"one of {', '.join(regions)}",
                fix="write the region of the team's pipelines, or leave `region` out for the first",
            )
