"""Storage accounts with immutable containers, and Event Hubs: kept, and simulated only."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import stable_uuid
from headgate.sandbox.azure.types.spec import Autoname, Body, LocationKind, NameRule, TypeSpec, View, in_group

_ACCOUNT = "Microsoft.Storage/storageAccounts/{accountName}"
_CONTAINER = _ACCOUNT + "/blobServices/default/containers/{containerName}"
_NAMESPACE = "Microsoft.EventHub/namespaces/{namespaceName}"
_PAIRS = {"uaenorth": "uaecentral", "uaecentral": "uaenorth", "westeurope": "northeurope", "northeurope": "westeurope"}
_SERVICES = ("blob", "file", "queue", "table", "web", "dfs")


def _account(body: Body, _view: View) -> dict[str, Any]:
    name, home = body["name"], body["location"]
    hosts = {
        service: f"https://{name}.{'z1.web' if service == 'web' else service}.core.windows.net/"
        for service in _SERVICES
    }
    found: dict[str, Any] = {
        "primaryEndpoints": hosts,
        "primaryLocation": home,
        "statusOfPrimary": "available",
        "creationTime": body["systemData"]["createdAt"],
        "privateEndpointConnections": [],
    }
    if "GRS" in (body.get("sku") or {}).get("name", "") or "GZRS" in (body.get("sku") or {}).get("name", ""):
        found |= {"secondaryLocation": _PAIRS.get(home, home), "statusOfSecondary": "available"}
    return found


def _keys(body: Body, _view: View, _asked: Body) -> Body:
    if body["properties"].get("allowSharedKeyAccess") is False:
        raise ArmError(
            403, "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this account."
        )
    return {
        "keys": [
            {"keyName": name, "value": stable_uuid("storage", name, body["id"]), "permissions": "FULL"}
            for name in ("key1", "key2")
        ]
    }


def _container(body: Body, _view: View) -> dict[str, Any]:
    return {"leaseState": "Available", "leaseStatus": "Unlocked", "hasLegalHold": False, "deleted": False,
            "hasImmutabilityPolicy": False, "lastModifiedTime": body["systemData"]["lastModifiedAt"]}  # fmt: skip


def _public_access(body: Body, _old: Body | None, view: View) -> ArmError | None:
    account = view.get(body["id"].split("/blobServices/")[0])
    wanted = body["properties"].get("publicAccess", "None")
    if wanted == "None" or account is None or account["properties"].get("allowBlobPublicAccess") is True:
        return None
    return ArmError(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")


def _immutability(body: Body, old: Body | None, _view: View) -> ArmError | None:
    """Refuse to shorten a locked policy."""
    was = (old or {}).get("properties", {})
    days = body["properties"].get("immutabilityPeriodSinceCreationInDays", 0)
    if not 0 <= days <= 146000:
        return bad_request("InvalidRequestPropertyValue", "immutabilityPeriodSinceCreationInDays must be 0 to 146000.")
    if was.get("state") == "Locked" and days < was.get("immutabilityPeriodSinceCreationInDays", 0):
        return ArmError(
            409, "ContainerImmutabilityPolicyFailure", "Operation not allowed on a locked immutability policy."
        )
    return None


def _lock(body: Body, _view: View, _asked: Body) -> Body:
    return {"properties": {**body["properties"], "state": "Locked"}}


def _hub(body: Body, _view: View) -> dict[str, Any]:
    count = body["properties"].get("partitionCount") or 4
    return {
        "partitionIds": [str(index) for index in range(count)],
        "status": "Active",
        "createdAt": body["systemData"]["createdAt"],
        "updatedAt": body["systemData"]["lastModifiedAt"],
    }


def _namespace(body: Body, _view: View) -> dict[str, Any]:
    return {
        "serviceBusEndpoint": f"https://{body['name']}.servicebus.windows.net:443/",
        "metricId": f"{body['id'].split('/')[2]}:{body['name']}",
        "status": "Active",
        "createdAt": body["systemData"]["createdAt"],
        "updatedAt": body["systemData"]["lastModifiedAt"],
    }


TYPES = (
    TypeSpec(
        "storage:StorageAccount",
        in_group(_ACCOUNT),
        NameRule(r"[a-z0-9]{3,24}", "3-24 lower-case letters and digits", shared=True, code="AccountNameInvalid"),
        replaces=("location", "isHnsEnabled", "kind"),
        refuses=("encryption.requireInfrastructureEncryption",),
        seconds=18,
        outputs=_account,
        actions={"listKeys": _keys},
    ),
    TypeSpec(
        "storage:BlobServiceProperties",
        in_group(_ACCOUNT + "/blobServices/{blobServicesName}"),
        location=LocationKind.NONE,
        only_name="default",
        has_state=False,
    ),
    TypeSpec(
        "storage:BlobContainer",
        in_group(_CONTAINER),
        NameRule(r"(?!.*--)[a-z0-9][-a-z0-9]{1,61}[a-z0-9]", "3-63 lower-case letters, digits and single '-'"),
        location=LocationKind.NONE,
        outputs=_container,
        rules=(_public_access,),
        has_state=False,
    ),
    TypeSpec(
        "storage:BlobContainerImmutabilityPolicy",
        in_group(_CONTAINER + "/immutabilityPolicies/{immutabilityPolicyName}"),
        location=LocationKind.NONE,
        only_name="default",
        outputs=lambda body, _view: {"state": body["properties"].get("state", "Unlocked")},
        rules=(_immutability,),
        actions={"lock": _lock},
        has_state=False,
    ),
    TypeSpec(
        "eventhub:Namespace",
        in_group(_NAMESPACE),
        NameRule(r"[a-zA-Z][-a-zA-Z0-9]{4,48}[a-zA-Z0-9]", "6-50 letters, digits and '-'", shared=True),
        replaces=("location",),
        seconds=45,
        outputs=_namespace,
    ),
    TypeSpec(
        "eventhub:EventHub",
        in_group(_NAMESPACE + "/eventhubs/{eventHubName}"),
        NameRule(r"[a-zA-Z0-9]([-\w.]{0,254}[a-zA-Z0-9])?", "1-256 letters, digits, '.', '-', '_'"),
        location=LocationKind.NONE,
        seconds=3,
        outputs=_hub,
        has_state=False,
    ),
    TypeSpec(
        "eventhub:NamespaceAuthorizationRule",
        in_group(_NAMESPACE + "/authorizationRules/{authorizationRuleName}"),
        autoname=Autoname.RANDOM,
        location=LocationKind.NONE,
        has_state=False,
    ),
)
