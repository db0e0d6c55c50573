"""The shared options of clusters, edges and monitoring: what each adds, and that no other resource is touched by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.components import test_cluster, test_failover, test_monitoring
from tests.unit.components.conftest import SUBSCRIPTION, Recording
from tests.unit.components.test_cluster_pools import changes

pytestmark = pytest.mark.unit

Program = Callable[..., Callable[[], dict[str, Any]]]
LOCK = "azure-native:authorization:ManagementLockByScope"
GRANT = {"name": "look", "role": "Reader", "principal_id": "group"}
CENTRAL = {
    "region": "uaecentral",
    "resource_group": "rg-central",
    "subnet_id": "/central/endpoints",
    "zones": {
        "privatelink.uaenorth.prometheus.monitor.azure.com": "/zone/metrics",
        "privatelink.uaecentral.prometheus.monitor.azure.com": "/zone/elsewhere",
        "privatelink.grafana.azure.com": "/zone/grafana",
        "privatelink.monitor.azure.com": "/zone/monitor",
    },
}


def dns_edge(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one edge by DNS."""
    return test_failover.edge(ownership, kind="traffic-manager", **more)


# The program, its main resource, and whether that is locked unless somebody says otherwise.
COMPONENTS: dict[str, tuple[Program, str, str, bool]] = {
    "cluster": (test_cluster.build, "c-cluster", "c-cluster", False),
    "front door": (test_failover.edge, "e-edge", "e-profile", False),
    "traffic manager": (dns_edge, "e-edge", "e-dns", False),
    "monitoring": (test_monitoring.stack, "m-workspace", "m-workspace", True),
}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_lock_is_a_resource_of_its_own(record: Any, ownership: dict[str, str], component: str) -> None:
    """It comes and goes alone, and is on the resource that everything else of the component hangs on."""
    program, logical, main, locked = COMPONENTS[component]
    on = record(program(ownership, guarding={"lock": True}))
    off = record(program(ownership, guarding={"lock": False}))

    assert changes(off, on) == {f"{logical}-lock": "create"}
    assert on.one(LOCK).inputs["scope"] == f"{SUBSCRIPTION}/{main}"
    assert changes(on if locked else off, record(program(ownership))) == {}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_right_is_on_the_main_resource_alone(record: Any, ownership: dict[str, str], component: str) -> None:
    """By its name, so that a second one touches the first no more than the component."""
    program, logical, main, _ = COMPONENTS[component]
    before, after = record(program(ownership)), record(program(ownership, guarding={"grants": [GRANT]}))
    made = after.one("azure-native:authorization:RoleAssignment", f"{logical}-look-grant").inputs

    assert changes(before, after) == {f"{logical}-look-grant": "create"}
    assert (made["scope"], made["principalId"], made["principalType"]) == (f"{SUBSCRIPTION}/{main}", "group", "Group")


@pytest.mark.parametrize("component", COMPONENTS)
def test_protection_is_the_components_own_argument(record: Any, ownership: dict[str, str], component: str) -> None:
    """On for the main resource by default, off for all where it is off; it changes nothing that is deployed."""
    program, _, main, _ = COMPONENTS[component]
    on, off = record(program(ownership)), record(program(ownership, protect=False))

    assert ({each.name for each in on.resources if each.protect}, changes(on, off)) == ({main}, {})
    assert not any(each.protect for each in off.resources)


@pytest.mark.parametrize("component", COMPONENTS)
def test_whatever_can_carry_tags_says_who_answers_for_it(
    record: Any, ownership: dict[str, str], tags: dict[str, str], component: str
) -> None:
    """All of them, on each resource."""
    program, *_ = COMPONENTS[component]
    found: Recording = record(program(ownership))

    assert [each.name for each in found.resources if each.inputs.get("tags", tags) != tags] == []
    assert any("tags" in each.inputs for each in found.resources)


def test_logs_go_to_the_one_workspace(record: Any, ownership: dict[str, str]) -> None:
    """Of the cluster, of both kinds of edge, and of Grafana; a metrics workspace has none."""
    logged = {
        component: {
            each.name: (each.inputs["resourceUri"], each.inputs["workspaceId"])
            for each in record(program(ownership)).resources
            if each.type == "azure-native:monitor:DiagnosticSetting"
        }
        for component, (program, *_) in COMPONENTS.items()
    }

    assert logged == {
        "cluster": {"c-cluster-diagnostics": (f"{SUBSCRIPTION}/c-cluster", "/logs")},
        "front door": {"e-edge-diagnostics": (f"{SUBSCRIPTION}/e-profile", "/logs")},
        "traffic manager": {"e-edge-diagnostics": (f"{SUBSCRIPTION}/e-dns", "/logs")},
        "monitoring": {"m-grafana-diagnostics": (f"{SUBSCRIPTION}/m-grafana", "/logs")},
    }


def test_measurements_are_found_by_the_zone_of_where_they_are(record: Any, ownership: dict[str, str]) -> None:
    """Azure names their zone by the workspace's region, whichever network looks; Grafana's is one for all."""
    before = record(test_monitoring.stack(ownership))
    after = record(test_monitoring.stack(ownership, guarding={"private_access": [CENTRAL]}))
    added = {
        "m-workspace-uaecentral-prometheusMetrics",
        "m-grafana-uaecentral-grafana",
        "m-scope-uaecentral-azuremonitor",
    }
    zones = {
        each.name: [zone["privateDnsZoneId"] for zone in each.inputs["privateDnsZoneConfigs"]]
        for each in after.resources
        if each.type == "azure-native:network:PrivateDnsZoneGroup"
    }

    assert changes(before, after) == {f"{name}-{part}": "create" for name in added for part in ("endpoint", "records")}
    assert zones == {
        "m-workspace-uaecentral-prometheusMetrics-records": ["/zone/metrics"],
        "m-grafana-uaecentral-grafana-records": ["/zone/grafana"],
        "m-scope-uaecentral-azuremonitor-records": ["/zone/monitor"],
    }
