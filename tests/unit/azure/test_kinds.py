"""Kinds that a cluster's add-ons bring to a sandbox."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from headgate.sandbox.azure.counterparts import kinds
from headgate.sandbox.control import RegionEndpoints
from headgate.sandbox.kube import KubeClient, KubeError

pytestmark = pytest.mark.unit

KEDA = {"workloadAutoScalerProfile": {"keda": {"enabled": True}}}
METRICS = {"azureMonitorProfile": {"metrics": {"enabled": True}}}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, ()),
        ({"workloadAutoScalerProfile": {"keda": {"enabled": False}}, "azureMonitorProfile": None}, ()),
        (METRICS, ("azure-monitor",)),
        (KEDA | METRICS, ("keda", "azure-monitor")),
    ],
)
def test_kinds_come_with_their_add_on(properties: dict[str, Any], expected: tuple[str, ...]) -> None:
    """What AKS would not know is not known here either."""
    assert kinds.families_of({"properties": properties}) == expected


def test_each_kind_is_applied_and_an_api_server_that_restarts_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names are those of the add-ons' own definitions."""
    applied: list[str] = []
    refusals = [KubeError(0, "", "restarting")]

    def apply(document: dict[str, Any], *, field_manager: str, force: bool) -> None:
        assert (field_manager, force) == ("headgate-azure", True)
        if refusals:
            raise refusals.pop()
        applied.append(document["metadata"]["name"])

    client = cast(KubeClient, SimpleNamespace(apply=apply))
    monkeypatch.setattr(KubeClient, "from_kubeconfig", lambda _path: client)
    monkeypatch.setattr(kinds.time, "sleep", lambda _seconds: None)
    endpoints = cast(RegionEndpoints, SimpleNamespace(kubeconfig_path=Path("kubeconfig")))

    kinds.ensure_kinds({"properties": KEDA | METRICS}, endpoints)

    assert applied == [
        "scaledobjects.keda.sh",
        "triggerauthentications.keda.sh",
        "servicemonitors.azmonitoring.coreos.com",
    ]
