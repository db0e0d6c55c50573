"""Changing an argument: what is updated in place, what is added, and that nothing that holds data is ever replaced.

What a change means is decided by the same rules as in the sandbox: the inputs before and after, held against what the
official provider replaces for and what Azure refuses to change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from components.catalog import AuditTrail, EdgeSite, ModelRegistry, PlatformFoundation
from headgate.sandbox.azure.types import resolve
from headgate.sandbox.providers.azure_native.comparing import compare
from headgate.sandbox.providers.protocol.diff import path_text
from tests.unit.components.conftest import OWNERSHIP, SUBSCRIPTION, Recording

pytestmark = pytest.mark.unit

WORKSPACE = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"
ZONES = {"privatelink.azurecr.io": "/zone", "privatelink.vaultcore.azure.net": "/vaults"}
ELSEWHERE = {"region": "uaecentral", "resource_group": "rg-c", "subnet_id": "/central", "zones": ZONES}
GRANT = {"name": "team", "role": "Reader", "principal_id": "group"}


def _region(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "resource_group": f"rg-{name}",
        "zone_redundant": name == "uaenorth",
        "network": {"region": name, "resource_group": f"rg-{name}", "subnet_id": f"/{name}", "zones": {}},
        "sources": {f"vault-{name}": f"/vault/{name}"},
    }


NORTH, CENTRAL = _region("uaenorth"), _region("uaecentral")
FOUNDED = {"name": "uaenorth", "network": "10.60.0.0/16"}
SOURCE = {"url": "https://git.example.com/sites", "commit": "0123abcd" * 5}
BUDGET = {"monthly": 100, "starts": "2026-01-01", "contacts": ["a@b.c"], "thresholds": [80]}

COMPONENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "foundation": (
        PlatformFoundation,
        {
            "organisation": "hg",
            "tenant_id": "tenant",
            "regions": [FOUNDED],
            "budget": BUDGET,
            "vault_purge_protection": False,
        },
    ),
    "registry": (
        ModelRegistry,
        {
            "organisation": "hg",
            "resource_group": "rg",
            "region": "uaenorth",
            "replicas": [],
            "workspace_id": "/logs",
            "learning_workspace": {"vault_id": "/vault"},
        },
    ),
    "audit": (
        AuditTrail,
        {"organisation": "hg", "workspace_id": WORKSPACE, "regions": [NORTH], "stream": {}},
    ),
    "site": (
        EdgeSite,
        {
            "site": "plant-a",
            "resource_group": "rg",
            "region": "uaenorth",
            "agent_key": "a2V5",
            "admin_groups": ["admins"],
            "tenant_id": "tenant",
            "workspace_id": WORKSPACE,
            "source": SOURCE,
        },
    ),
}


@dataclass(frozen=True)
class Change:
    """What a change of arguments does: paths that are updated by resource, what is added, what goes."""

    updated: dict[str, list[str]]
    replaced: dict[str, list[str]]
    added: set[str]
    gone: set[str]


def build(component: str, arguments: dict[str, Any], ownership: dict[str, str]) -> Callable[[], dict[str, Any]]:
    """Return a program of one component."""
    kind, _ = COMPONENTS[component]

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership, **arguments}
        kind("c", args)
        return {}

    return program


def change_of(before: Recording, after: Recording) -> Change:
    """Hold what was registered before against what is registered now."""
    was = {each.name: each for each in before.resources if each.type.startswith("azure-native:")}
    now = {each.name: each for each in after.resources if each.type.startswith("azure-native:")}
    updated: dict[str, list[str]] = {}
    replaced: dict[str, list[str]] = {}
    for name in was.keys() & now.keys():
        spec = resolve(now[name].type).spec
        for item in compare(spec, was[name].inputs, now[name].inputs):
            path = path_text(item.path)
            forced = item.replace or path in now[name].replaced_for
            assert forced or path not in spec.refuses, f"Azure refuses to change {path} of {name}"
            (replaced if forced else updated).setdefault(name, []).append(path)
    return Change(updated, replaced, now.keys() - was.keys(), was.keys() - now.keys())


@pytest.fixture
def changed(record: Any) -> Callable[..., Change]:
    """Return a function that says what changed arguments do to a component."""

    def run(component: str, change: dict[str, Any], ownership: dict[str, str] | None = None) -> Change:
        arguments = COMPONENTS[component][1]
        before = record(build(component, arguments, dict(OWNERSHIP)))
        after = record(build(component, {**arguments, **change}, ownership or dict(OWNERSHIP)))
        return change_of(before, after)

    return run


@pytest.mark.parametrize(
    ("component", "change", "updated"),
    [
        ("foundation", {"log_retention_days": 30}, {"c-logs": ["retentionInDays"]}),
        ("foundation", {"vault_purge_protection": True}, {"c-uaenorth-vault": ["properties.enablePurgeProtection"]}),
        ("foundation", {"budget": {**BUDGET, "monthly": 200}}, {"c-monthly-budget": ["amount"]}),
        (
            "foundation",
            {"budget": {**BUDGET, "contacts": ["b@b.c"]}},
            {"c-monthly-budget": ["notifications.above-80-percent.contactEmails[0]"]},
        ),
        (
            "foundation",
            {"budget": {**BUDGET, "thresholds": [80, 100]}},
            {"c-monthly-budget": ["notifications.above-100-percent"]},
        ),
        ("foundation", {"protect": False}, {}),
        ("registry", {"retention_days": 30}, {"c-registry": ["policies.retentionPolicy.days"]}),
        (
            "registry",
            {"learning_workspace": {"vault_id": "/vault", "outbound": "internet"}},
            {"c-workspace": ["managedNetwork.isolationMode"]},
        ),
        ("registry", {"protect": False}, {}),
        (
            "audit",
            {"retention_days": 30},
            {
                "c-uaenorth-store": [
                    "immutableStorageWithVersioning.immutabilityPolicy.immutabilityPeriodSinceCreationInDays"
                ]
            },
        ),
        (
            "audit",
            {"locked": True},
            {"c-uaenorth-store": ["immutableStorageWithVersioning.immutabilityPolicy.state"]},
        ),
        (
            "audit",
            {"stream": {"retention_hours": 24}},
            {"c-uaenorth-stream-hub": ["retentionDescription.retentionTimeInHours"]},
        ),
        ("audit", {"stream": {"max_throughput_units": 20}}, {"c-uaenorth-stream": ["maximumThroughputUnits"]}),
        ("audit", {"protect": False}, {}),
        ("site", {"admin_groups": ["others"]}, {"c-cluster": ["aadProfile.adminGroupObjectIDs[0]"]}),
        ("site", {"tenant_id": "another"}, {"c-cluster": ["aadProfile.tenantID"]}),
        ("site", {"workspace_id": "/elsewhere"}, {"c-cluster-diagnostics": ["workspaceId"]}),
        (
            "site",
            {"source": {**SOURCE, "commit": "f" * 40}},
            {"c-configuration": ["gitRepository.repositoryRef.commit"]},
        ),
        (
            "site",
            {"source": {**SOURCE, "url": "https://git.example.com/others"}},
            {"c-configuration": ["gitRepository.url"]},
        ),
        ("site", {"source": {**SOURCE, "path": "./x"}}, {"c-configuration": ["kustomizations.site.path"]}),
        ("site", {"source": {**SOURCE, "secret": "git"}}, {"c-configuration": ["gitRepository.localAuthRef"]}),
        (
            "site",
            {"sync_minutes": 60},
            {
                "c-configuration": [
                    "gitRepository.syncIntervalInSeconds",
                    "kustomizations.site.syncIntervalInSeconds",
                ]
            },
        ),
        ("site", {"protect": False}, {}),
    ],
)
def test_an_argument_that_can_change_is_updated_in_place(
    changed: Callable[..., Change], component: str, change: dict[str, Any], updated: dict[str, list[str]]
) -> None:
    """That argument's own properties change, and nothing beside them."""
    assert changed(component, change) == Change(updated, {}, set(), set())


@pytest.mark.parametrize("component", COMPONENTS)
def test_tags_are_updated_in_place_everywhere(changed: Callable[..., Change], component: str) -> None:
    """Who answers for a resource never decides whether it is kept."""
    fields = ("team", "owner", "cost_center", "data_class", "commit", "change")
    change = changed(component, {}, {**OWNERSHIP, **dict.fromkeys(fields, "another")})

    assert {tuple(sorted(paths)) for paths in change.updated.values()} == {
        tuple(sorted(f"tags.{field.replace('_', '-')}" for field in fields))
    }
    assert (change.replaced, change.added, change.gone) == ({}, set(), set())


@pytest.mark.parametrize(
    ("component", "change", "updated", "added", "gone"),
    [
        (
            "foundation",
            {"guarding": {"lock": False}},
            {},
            set(),
            {"c-logs-lock", "c-uaenorth-vault-lock"},
        ),
        ("foundation", {"guarding": {"grants": [GRANT]}}, {}, {"c-uaenorth-vault-team-grant"}, set()),
        (
            "foundation",
            {"guarding": {"private_access": [ELSEWHERE]}},
            {},
            {"c-uaenorth-vault-uaecentral-vault-endpoint", "c-uaenorth-vault-uaecentral-vault-records"},
            set(),
        ),
        (
            "registry",
            {"replicas": [{"region": "uaecentral", "zone_redundant": False}]},
            {"c-learning": ["regionDetails[1]"]},
            {"c-uaecentral-replica"},
            set(),
        ),
        (
            "registry",
            {"guarding": {"private_access": [ELSEWHERE], "grants": [GRANT], "lock": False}},
            {},
            {
                "c-registry-uaecentral-registry-endpoint",
                "c-registry-uaecentral-registry-records",
                "c-registry-team-grant",
                "c-learning-uaecentral-amlregistry-endpoint",
                "c-learning-uaecentral-amlregistry-records",
                "c-workspace-uaecentral-amlworkspace-endpoint",
                "c-workspace-uaecentral-amlworkspace-records",
                "c-workspace-store-uaecentral-blob-endpoint",
                "c-workspace-store-uaecentral-blob-records",
                "c-workspace-store-uaecentral-file-endpoint",
                "c-workspace-store-uaecentral-file-records",
            },
            {"c-registry-lock", "c-learning-lock", "c-workspace-lock", "c-workspace-store-lock"},
        ),
        (
            "audit",
            {"regions": [{**NORTH, "sources": {**NORTH["sources"], "cluster-uaenorth": "/cluster"}}]},
            {},
            {"c-cluster-uaenorth-archive"},
            set(),
        ),
        ("site", {"guarding": {"lock": False}}, {}, set(), {"c-cluster-lock"}),
        ("site", {"guarding": {"grants": [GRANT]}}, {}, {"c-cluster-team-grant"}, set()),
        ("audit", {"sentinel": True}, {}, {"c-sentinel", "c-defender-connector"}, set()),
        ("audit", {"stream": {"reader_id": "siem"}}, {}, {"c-uaenorth-stream-reader-grant"}, set()),
    ],
)
def test_what_is_added_leaves_what_was_there(
    changed: Callable[..., Change],
    component: str,
    change: dict[str, Any],
    updated: dict[str, list[str]],
    added: set[str],
    gone: set[str],
) -> None:
    """Locks, rights, endpoints, replicas and sources are resources of their own."""
    assert changed(component, change) == Change(updated, {}, added, gone)


def test_another_region_is_added_and_touches_no_other(changed: Callable[..., Change]) -> None:
    """Its store, its stream and its sources are all new; the first region's stay as they are."""
    change = changed("audit", {"regions": [NORTH, CENTRAL]})

    assert (change.updated, change.replaced, change.gone) == ({}, {}, set())
    assert {"c-uaecentral-store", "c-uaecentral-stream", "c-vault-uaecentral-archive"} < change.added
    assert {name for name in change.added if "uaenorth" in name} == set()


def test_another_region_of_the_foundation_touches_no_other(changed: Callable[..., Change]) -> None:
    """Group, network, zones, vault and identities of the new region; only the budget counts it, too."""
    change = changed("foundation", {"regions": [FOUNDED, {"name": "uaecentral", "network": "10.61.0.0/16"}]})

    assert (set(change.updated), change.replaced, change.gone) == ({"c-monthly-budget"}, {}, set())
    assert {name.split("-")[1] for name in change.added} == {"uaecentral"}


def test_only_the_hub_is_made_anew_for_another_width(changed: Callable[..., Change]) -> None:
    """Partitions are for good in Azure; namespace, store and archive stay."""
    assert changed("audit", {"stream": {"partitions": 8}}) == Change(
        {}, {"c-uaenorth-stream-hub": ["partitionCount"]}, set(), set()
    )


@pytest.mark.parametrize(
    ("change", "path"),
    [({"agent_key": "b3RoZXI="}, "agentPublicKeyCertificate"), ({"region": "uaecentral"}, "location")],
)
def test_another_key_or_place_is_another_site(
    changed: Callable[..., Change], change: dict[str, Any], path: str
) -> None:
    """The key is what a site is known by: its record, and all that hangs on it, is made anew."""
    assert path in changed("site", change).replaced["c-cluster"]


def test_a_region_moves_nowhere(changed: Callable[..., Change]) -> None:
    """A home elsewhere is another registry: that the comparison sees a replacement is what the other cases rest on."""
    change = changed("registry", {"region": "westeurope"})

    assert "location" in change.replaced["c-registry"]
