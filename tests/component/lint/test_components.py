"""What components make, with each argument that they take: also those that no committed stack asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from headgate.sandbox.toolchain import ensure
from lint import conformity, pod_security
from lint.manifests import PREFIX, Manifest, without_nothing

pytestmark = pytest.mark.component
DEFINITION = "CustomResourceDefinition"
# Its definition comes with AKS, as no Go module.
UNDEFINED = "AKSNodeClass headgate"
# A device plugin needs the kubelet's folder; `serving.device_plugin` of the parameters excepts it from HG-SV-004.
PRIVILEGED = "DaemonSet headgate-devices/device-plugin"
CASES = Path(__file__).parents[2] / "unit" / "components" / "cases"


@pytest.fixture(scope="module")
def manifests() -> list[Manifest]:
    """Return the Kubernetes objects of every case, each in a cluster named by its file."""
    found = []
    for file in sorted(CASES.glob("*/*.yaml")):
        for each in (yaml.safe_load(file.read_text()) or {}).values():
            # Of definitions, which are kept as data, a case has no more than a digest.
            inputs = each.get("inputs", {})
            if str(each.get("type")).startswith(PREFIX) and "apiVersion" in inputs and inputs["kind"] != DEFINITION:
                found.append(Manifest(f"{file.parent.name}/{file.stem}", without_nothing(inputs)))
    assert len(found) > 100
    return found


def test_every_object_is_of_the_form_that_kubernetes_takes(manifests: list[Manifest]) -> None:
    """A field at the wrong place is refused by an API server, and by nothing before."""
    ensure(("kubeconform",))
    found = conformity.findings(manifests, conformity.definitions([]))

    assert [f"{each.where}: {each.text}" for each in found if each.resource != UNDEFINED] == []


def test_every_pod_is_restricted(manifests: list[Manifest]) -> None:
    """By Kubernetes' own standard."""
    found = [(each.cluster, finding) for each in manifests for finding in pod_security.findings(each)]

    assert [f"{cluster}: {each.text}" for cluster, each in found if each.resource != PRIVILEGED] == []
    assert PRIVILEGED in {each.resource for _, each in found}
