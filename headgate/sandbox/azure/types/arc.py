"""Clusters outside Azure that report to it (Arc), their extensions, and what Flux keeps on them: kept and checked."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import GROUP_PATH
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

CONNECTED = "Microsoft.Kubernetes/connectedClusters"
_ON_CLUSTER = GROUP_PATH + "/providers/{clusterRp}/{clusterResourceName}/{clusterName}/providers/"
_FLUX = "microsoft.flux"
# Source kind → the property that describes it.
_SOURCES = {"GitRepository": "gitRepository", "Bucket": "bucket", "AzureBlob": "azureBlob"}


def _connected(_body: Body, _view: View) -> dict[str, Any]:
    """Return what the agents of a cluster report: here none runs, so it is still expected."""
    return {
        "connectivityStatus": "Connecting",
        "totalNodeCount": 0,
        "totalCoreCount": 0,
        "provisioningState": "Succeeded",
    }


def _credential(body: Body, _view: View, _asked: Body) -> Body:
    """Refuse where no cluster stands behind the record: there is nobody to lead to."""
    raise ArmError(409, "ClusterNotConnected", f"The connected cluster '{body['name']}' is not connected.")


def _extension(body: Body, _view: View) -> dict[str, Any]:
    return {"currentVersion": body["properties"].get("version", ""), "isSystemExtension": False}


def _has_identity(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a cluster that can't act as itself."""
    if (body.get("identity") or {}).get("type") == "SystemAssigned":
        return None
    return bad_request("InvalidIdentity", "A connected cluster needs an identity of type SystemAssigned.", "identity")


def _has_key(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a key that no agent could have the other half of; clusters that Azure makes itself bring none."""
    text = body["properties"].get("agentPublicKeyCertificate", "")
    try:
        usable = bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        usable = False
    if usable or body.get("kind"):
        return None
    return bad_request(
        "BadRequest", "The agentPublicKeyCertificate must be a base64-encoded public key.", "agentPublicKeyCertificate"
    )


def _source_is_described(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a source that is not the one it says it is."""
    kind = body["properties"].get("sourceKind", "")
    wanted = _SOURCES.get(kind)
    given = [name for name in _SOURCES.values() if body["properties"].get(name)]
    if wanted is not None and given == [wanted]:
        return None
    return bad_request(
        "InvalidFluxConfiguration", f"sourceKind '{kind}' needs {wanted}, and has {given}.", "sourceKind"
    )


def _steps_are_known(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a kustomization that waits for one that is not there."""
    steps = body["properties"].get("kustomizations") or {}
    for name, step in steps.items():
        missing = [other for other in step.get("dependsOn") or () if other not in steps]
        if missing:
            return bad_request("InvalidFluxConfiguration", f"'{name}' depends on {missing}.", "kustomizations")
    return None


def _flux_is_there(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a configuration where no Flux would read it."""
    cluster = str(body["id"]).rsplit("/providers/", 1)[0]
    extensions = view.of_type("Microsoft.KubernetesConfiguration/extensions")
    here = [item for item in extensions if item["id"].lower().startswith(cluster.lower() + "/")]
    if any(str(item["properties"].get("extensionType", "")).lower() == _FLUX for item in here):
        return None
    return bad_request("ExtensionNotFound", f"The cluster has no extension {_FLUX}.", "clusterName")


TYPES = (
    TypeSpec(
        "kubernetes:ConnectedCluster",
        in_group(CONNECTED + "/{clusterName}"),
        NameRule(r"[a-zA-Z0-9][-\w.]{0,62}", "1-63 letters, digits, '-', '_', '.', starting with a letter or digit"),
        replaces=("location", "agentPublicKeyCertificate"),
        seconds=30,
        outputs=_connected,
        rules=(_has_identity, _has_key),
        actions={"listClusterUserCredential": _credential},
    ),
    TypeSpec(
        "kubernetesconfiguration:Extension",
        _ON_CLUSTER + "Microsoft.KubernetesConfiguration/extensions/{extensionName}",
        NameRule(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?", "1-32 lower-case letters, digits and '-'"),
        location=LocationKind.NONE,
        replaces=("extensionType", "releaseTrain", "scope"),
        in_properties=("version",),
        seconds=40,
        outputs=lambda body, _view: {
            "currentVersion": body["properties"].get("version", ""),
            "isSystemExtension": False,
        },
    ),
    TypeSpec(
        "kubernetesconfiguration:FluxConfiguration",
        _ON_CLUSTER + "Microsoft.KubernetesConfiguration/fluxConfigurations/{fluxConfigurationName}",
        NameRule(r"[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?", "1-30 lower-case letters, digits and '-'"),
        location=LocationKind.NONE,
        replaces=("scope", "namespace"),
        seconds=10,
        write_only=("configurationProtectedSettings",),
        outputs=lambda _body, _view: {"complianceState": "Pending", "statuses": []},
        rules=(_source_is_described, _steps_are_known, _flux_is_there),
    ),
)
