"""A platform's regions, nodes and edge: what contradicts itself is refused with its line; what is left out follows."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.stack import StackError, load_stack
from tests.unit.stack.conftest import Stacks

pytestmark = pytest.mark.unit

FILE = "Pulumi.platform-dev.yaml"
NETWORK = "        network: 10.20.0.0/16\n"
SECOND = f"{NETWORK}      - name: uaecentral\n        network: 10.21.0.0/16\n"


def faults(stacks: Stacks) -> list[tuple[str, str | None]]:
    """Return what is wrong with the platform, and where."""
    try:
        load_stack("platform-dev", stacks.folder)
    except StackError as error:
        return [(each.what, each.where) for each in error.errors]
    except HeadgateError as error:
        return [(error.what, error.where)]
    return []


def with_cluster(stacks: Stacks, text: str) -> None:
    """Add settings of the cluster to the stack's own file."""
    stacks.edit(FILE, "    gateway:", f"    cluster:\n{text}\n    gateway:")


# What is added to the cluster's settings, and the fault.
NODES = {
    "a machine with GPUs among the CPUs": (
        "      pools: {cpu: {size: Standard_NC24ads_A100_v4}}",
        "this machine has GPUs that nothing here would use",
    ),
    "a GPU pool without GPUs": (
        "      pools: {gpu: {size: Standard_D8s_v5, min: 0, max: 1}}",
        "this machine has no GPU",
    ),
    "a partition of a GPU that has none": (
        "      pools: {gpu: {size: Standard_NC4as_T4_v3, min: 0, max: 1, partition: MIG1g}}",
        "the GPUs of this machine can't be cut into slices",
    ),
    "a further pool with bounds that cross": (
        "      pools: {more: {large: {size: Standard_D32s_v5, min: 3, max: 1}}}",
        "the minimum is above the maximum",
    ),
    "a further pool under a name that is taken": (
        "      pools: {more: {boot: {size: Standard_D32s_v5, min: 1, max: 3}}}",
        "`boot` is the name of a pool that the platform makes itself",
    ),
    "provisioned GPUs without a bound": (
        "      autoprovisioning:\n        cpu: {sizes: [Standard_D8s_v5], max_cpus: 64}\n"
        "        gpu: {sizes: [Standard_NC24ads_A100_v4], max_cpus: 96}",
        "nodes with GPUs that may have none",
    ),
    "pools that scale while Karpenter drains": (
        "      autoprovisioning: {cpu: {sizes: [Standard_D8s_v5], max_cpus: 64}, draining: true}\n"
        "      pools: {cpu: {min: 2, max: 10}}",
        "Azure takes no pool that scales beside nodes made to measure",
    ),
    "provisioned CPUs with GPUs": (
        "      autoprovisioning:\n        cpu: {sizes: [Standard_D8s_v5, Standard_NC24ads_A100_v4], max_cpus: 64}",
        "this machine has GPUs that nothing here would use",
    ),
}


@pytest.mark.parametrize("case", NODES)
def test_nodes_that_can_not_be_are_refused(stacks: Stacks, case: str) -> None:
    """The fault names what is wrong, in the stack's own file."""
    text, what = NODES[case]
    with_cluster(stacks, text)

    found = faults(stacks)

    assert [each[0] for each in found] == [what]
    assert str(found[0][1]).startswith(f"stacks/{FILE}:")


def test_a_pools_name_is_azures(stacks: Stacks) -> None:
    """Twelve lower-case letters and digits, or the line is named."""
    with_cluster(stacks, "      pools:\n        more:\n          big-pool: {size: Standard_D32s_v5, min: 1, max: 3}")

    assert faults(stacks) == [("`cluster.pools.more.big-pool` does not fit", f"stacks/{FILE}:9")]


def test_an_unknown_key_of_a_named_pool_lists_what_it_may_have(stacks: Stacks) -> None:
    """The models are followed through the mapping's free keys."""
    with_cluster(stacks, "      pools: {more: {big: {size: Standard_D32s_v5, min: 1, max: 3, spott: true}}}")

    with pytest.raises(HeadgateError) as caught:
        load_stack("platform-dev", stacks.folder)

    assert (caught.value.expected, caught.value.fix) == (
        "one of: gpu, max, min, partition, size, spot",
        "did you mean `spot`?",
    )


# What is put in place of the one region's network, and the fault with its line.
TOPOLOGY: dict[str, tuple[str, list[tuple[str, str | None]]]] = {
    "by the order of the entries": (SECOND, []),
    "equal priorities": (
        SECOND.replace("/16\n", "/16\n        priority: 1\n"),
        [("two regions of an active-passive platform serve at once", f"stacks/{FILE}:9")],
    ),
    "a drained region keeps its priority": (
        SECOND.replace("/16\n", "/16\n        priority: 1\n", 1) + "        priority: 1\n        state: draining\n",
        [],
    ),
    "everything drained": (
        f"{NETWORK}        state: draining\n",
        [("every region is draining", f"stacks/{FILE}:6")],
    ),
}


@pytest.mark.parametrize("case", TOPOLOGY)
def test_priorities_say_what_the_topology_does(stacks: Stacks, case: str) -> None:
    """active-passive by default: each serving region has a place of its own."""
    text, expected = TOPOLOGY[case]
    stacks.edit(FILE, NETWORK, text)

    assert faults(stacks) == expected


def test_an_active_active_platform_has_no_order(stacks: Stacks) -> None:
    """All regions have the first priority; another one contradicts the topology."""
    stacks.edit(FILE, NETWORK, SECOND)
    stacks.edit(FILE, "    regions:", "    topology: active-active\n    regions:")
    platform = load_stack("platform-dev", stacks.folder).platform

    assert [platform.priority(region) for region in platform.regions] == [1, 1]

    stacks.edit(FILE, "network: 10.21.0.0/16", "network: 10.21.0.0/16\n        priority: 2")
    assert faults(stacks) == [("a region of an active-active platform waits for another to fail", f"stacks/{FILE}:9")]


@pytest.mark.parametrize(
    ("data_class", "edge", "expected"),
    [
        ("internal", "", ("front-door", 30)),
        ("restricted", "", ("traffic-manager", 10)),
        ("restricted", "    edge: {kind: front-door, probe_seconds: 15}\n", ("front-door", 15)),
        ("public", "    edge: {kind: traffic-manager, probe_seconds: 30}\n", ("traffic-manager", 30)),
    ],
)
def test_the_class_of_data_chooses_the_edge(stacks: Stacks, data_class: str, edge: str, expected: Any) -> None:
    """Restricted data stays in the country: its edge answers DNS alone, unless the stack says otherwise."""
    stacks.edit(FILE, "    gateway:", f"    data_class: {data_class}\n{edge}    gateway:")
    platform = load_stack("platform-dev", stacks.folder).platform

    assert (str(platform.edge_kind), platform.probe_seconds) == expected


@pytest.mark.parametrize(
    ("edge", "what"),
    [
        ("{kind: traffic-manager, probe_seconds: 20}", "Traffic Manager can't probe at this interval"),
        ("{clients: [203.0.113.0/24]}", "behind Front Door nobody reaches the gateways directly"),
        ("{kind: traffic-manager, clients: [203.0.113.9/24]}", "`edge.clients[0]` does not fit"),
        ("{probe_seconds: 240}", "`edge.probe_seconds` does not fit"),
        ("{kind: traffic-manager, ttl_seconds: 60}", "`edge.ttl_seconds` does not fit"),
    ],
)
def test_an_edge_that_can_not_be_is_refused(stacks: Stacks, edge: str, what: str) -> None:
    """Slow probes and answers that are kept for long are refused, as are contradictions."""
    stacks.edit(FILE, "    gateway:", f"    edge: {edge}\n    gateway:")

    assert [each[0] for each in faults(stacks)] == [what]


def test_gpus_are_known_however_nodes_are_made(stacks: Stacks) -> None:
    """A model may ask for a GPU where some pool has them, or Karpenter may buy them."""

    def has() -> bool:
        return load_stack("platform-dev", stacks.folder).platform.cluster.has_gpus

    before = has()
    with_cluster(stacks, "      pools: {more: {t4: {size: Standard_NC4as_T4_v3, min: 0, max: 2, gpu: true}}}")
    pooled = has()
    nodes = "autoprovisioning: {cpu: {sizes: [Standard_D8s_v5], max_cpus: 64}}"
    stacks.edit(FILE, "    cluster:\n", f"    cluster:\n      {nodes}\n")

    assert (before, pooled, has()) == (False, True, False)
