"""A cluster connected by Arc: a control plane of its own with one node, reached by its record, gone with it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.sandbox.azure.counterparts import Counterparts
from headgate.sandbox.azure.counterparts.connected_cluster import ConnectedClusters
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.ids import group_id
from headgate.sandbox.azure.resources import Resources
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types import arc
from headgate.sandbox.control import Control
from headgate.sandbox.kube import KubeClient
from tests.component.azure.conftest import eventually

pytestmark = pytest.mark.component

GROUP = group_id("rg-site")
NAME = "arc-test-plant-a"
CLUSTER = f"{GROUP}/providers/Microsoft.Kubernetes/connectedClusters/{NAME}"
CREDENTIAL = "listClusterUserCredential"
RECORD = {
    "location": "uaenorth",
    "identity": {"type": "SystemAssigned"},
    "properties": {"agentPublicKeyCertificate": "a2V5"},
}


@pytest.fixture
def azure(control: Control, tmp_path: Path) -> Iterator[Resources]:
    """Return an Azure in this process, whose sites the session's supervisor runs; none is left afterwards."""
    store = Store(tmp_path / "azure")
    sites = ConnectedClusters(control)
    actions = {f"{arc.CONNECTED}/{CREDENTIAL}".lower(): sites.user_credential}
    resources = Resources(store, Counterparts({arc.CONNECTED: sites}, actions), scale=0.0)
    resources.operations.begin = resources.operations._run  # type: ignore[method-assign]
    resources.put(GROUP, {"location": "uaenorth"})
    yield resources
    resources.delete(GROUP)
    assert NAME not in [row.cluster for row in control.regions()]
    resources.operations.stop()
    store.close()


def kubeconfig(azure: Resources) -> str:
    """Return the client configuration that the record leads to."""
    asked = {"authenticationMethod": "AAD", "clientProxy": True}
    found = azure.act(CLUSTER, CREDENTIAL, asked)
    return base64.b64decode(found["kubeconfigs"][0]["value"]).decode()


def test_a_site_is_a_control_plane_with_one_node(azure: Resources, control: Control, tmp_path: Path) -> None:
    """Its record leads to it, a pod finds room there, and a record that is deleted takes it along."""
    azure.put(CLUSTER, RECORD)
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig(azure))
    client = KubeClient.from_kubeconfig(path)
    nodes = client.list("v1", "Node")["items"]
    shown = {row.cluster: row.location for row in control.regions()}
    azure.delete(CLUSTER)

    assert [each["metadata"]["labels"]["headgate.dev/pool"] for each in nodes] == ["cpu"]
    assert nodes[0]["status"]["capacity"]["cpu"] == "4"
    # The region of its record may have a cluster of its own: a site is shown by its own name.
    assert shown[NAME] == NAME
    eventually(lambda: NAME not in [row.cluster for row in control.regions()])
    with pytest.raises(ArmError) as caught:
        kubeconfig(azure)
    assert caught.value.status == 404
