"""Storage accounts with immutable versions and containers: kept, and simulated only."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure import locations
from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import stable_uuid
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

_ACCOUNT = "Microsoft.Storage/storageAccounts/{accountName}"
_CONTAINER = _ACCOUNT + "/blobServices/default/containers/{containerName}"
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


def _policy_of(body: Body | None) -> dict[str, Any]:
    """Return the immutability policy of a whole account."""
    stated = (body or {}).get("properties", {}).get("immutableStorageWithVersioning") or {}
    found: dict[str, Any] = stated.get("immutabilityPolicy") or {}
    return found


def _account_immutability(body: Body, old: Body | None, _view: View) -> ArmError | None:
    """Refuse what a locked policy forbids, a lock that was not tried unlocked first, and an impossible period."""
    wanted, was = _policy_of(body), _policy_of(old)
    days = "immutabilityPeriodSinceCreationInDays"
    if not 1 <= wanted.get(days, 1) <= 146000:
        return bad_request("InvalidRequestPropertyValue", f"{days} must be 1 to 146000.")
    if wanted.get("state") == "Locked" and was.get("state") not in ("Unlocked", "Locked"):
        return _immutable("The immutability policy state can only be changed to Locked from Unlocked.")
    if was.get("state") != "Locked":
        return None
    if wanted.get("state") != "Locked":
        return _immutable("The immutability policy state cannot be changed once Locked.")
    if wanted.get(days, 0) < was.get(days, 0):
        return _immutable("The immutability period of a locked policy can only be extended.")
    if wanted.get("allowProtectedAppendWrites") != was.get("allowProtectedAppendWrites"):
        return _immutable("allowProtectedAppendWrites can only be changed while the policy is unlocked.")
    return None


def _locked_stays(body: Body, _view: View) -> ArmError | None:
    """Keep an account whose versions nobody may delete yet."""
    if _policy_of(body).get("state") != "Locked":
        return None
    return _immutable("The storage account holds versions under a locked immutability policy and can't be deleted.")


def _immutable(message: str) -> ArmError:
    return ArmError(409, "AccountImmutabilityPolicyFailure", message)


def _zones_there(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse copies over zones in a region that has none."""
    sku = (body.get("sku") or {}).get("name", "")
    if "ZRS" not in sku or locations.zones(body["location"]):
        return None
    return bad_request("SkuNotAvailable", f"The SKU {sku} is not available in location '{body['location']}'.", "sku")


def _lock(body: Body, _view: View, _asked: Body) -> Body:
    return {"properties": {**body["properties"], "state": "Locked"}}


TYPES = (
    TypeSpec(
        "storage:StorageAccount",
        in_group(_ACCOUNT),
        NameRule(r"[a-z0-9]{3,24}", "3-24 lower-case letters and digits", shared=True, code="AccountNameInvalid"),
        replaces=("location", "isHnsEnabled", "kind", "immutableStorageWithVersioning.enabled"),
        refuses=("encryption.requireInfrastructureEncryption",),
        seconds=18,
        outputs=_account,
        rules=(_account_immutability, _zones_there),
        deletion_rules=(_locked_stays,),
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
        "storage:FileServiceProperties",
        in_group(_ACCOUNT + "/fileServices/{fileServicesName}"),
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
)
