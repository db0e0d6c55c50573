"""Container registries, which are real ones here, and Azure ML's registries and workspaces, which are simulated."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID, TENANT_ID, group_id, group_of, key, stable_uuid
from headgate.sandbox.azure.types.spec import Autoname, Body, NameRule, TypeSpec, View, in_group

_REGISTRY = "Microsoft.ContainerRegistry/registries/{registryName}"
_ML_NAME = NameRule(r"[a-zA-Z0-9][-\w]{1,31}", "2-32 letters, digits, '-' and '_'")


def login_server(name: str) -> str:
    """Return the host under which a registry answers."""
    return f"{name.lower()}.azurecr.io"


def _registry(body: Body, _view: View) -> dict[str, Any]:
    name = body["name"].lower()
    hosts = [f"{name}.{body['location']}.data.azurecr.io"] if body["properties"].get("dataEndpointEnabled") else []
    return {
        "loginServer": login_server(name),
        "creationDate": body["systemData"]["createdAt"],
        "dataEndpointHostNames": hosts,
        "privateEndpointConnections": [],
    }


def _premium_only(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Private access, zones and replication are features of the Premium tier."""
    tier = (body.get("sku") or {}).get("name")
    properties = body["properties"]
    asked = {
        "publicNetworkAccess": properties.get("publicNetworkAccess") == "Disabled",
        "zoneRedundancy": properties.get("zoneRedundancy") == "Enabled",
        "policies.retentionPolicy": ((properties.get("policies") or {}).get("retentionPolicy") or {}).get("status")
        == "enabled",
    }
    wanted = next((name for name, on in asked.items() if on), None)
    if wanted is None or tier == "Premium":
        return None
    return bad_request(
        "SkuNotSupported", f"The property {wanted} requires the Premium SKU; the registry's SKU is {tier}.", wanted
    )


def _credentials(body: Body, _view: View, _asked: Body) -> Body:
    if not body["properties"].get("adminUserEnabled"):
        raise bad_request(
            "UnAuthorizedForCredentialOperations",
            f"Cannot perform credential operations for {body['id']} as admin user is disabled. "
            "Kindly enable admin user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/"
            "container-registry-authentication#admin-account",
        )
    words = [stable_uuid("acr", name, body["id"]).replace("-", "") for name in ("password", "password2")]
    names = ("password", "password2")
    passwords = [{"name": name, "value": word} for name, word in zip(names, words, strict=True)]
    return {"username": body["name"], "passwords": passwords}


def _replica_is_elsewhere(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a replica in the home region, which has one already, and any without Premium."""
    parent = view.get(body["id"].rsplit("/replications/", 1)[0])
    if parent and (parent.get("sku") or {}).get("name") != "Premium":
        return bad_request("SkuNotSupported", "Geo-replication requires a registry of the Premium SKU.")
    if parent and key(parent["location"]) == key(body["location"]):
        return ArmError(
            409, "ReplicationAlreadyExists", f"A replication already exists in location '{body['location']}'."
        )
    return None


def _ml_registry(body: Body, _view: View) -> dict[str, Any]:
    home = body["location"]
    return {
        "discoveryUrl": f"https://{home}.api.azureml.ms/registrymanagement/v1.0/registries/{body['name']}/discovery",
        "mlFlowRegistryUri": f"azureml://{home}.api.azureml.ms/mlflow/v1.0{body['id']}",
        "managedResourceGroup": {"resourceId": group_id(f"azureml-rg-{body['name']}_{stable_uuid(body['id'])}")},
    }


def _ml_workspace(body: Body, _view: View) -> dict[str, Any]:
    return {
        "workspaceId": stable_uuid("mlworkspace", body["id"]),
        "tenantId": TENANT_ID,
        "discoveryUrl": f"https://{body['location']}.api.azureml.ms/discovery",
        "mlFlowTrackingUri": f"azureml://{body['location']}.api.azureml.ms/mlflow/v1.0{body['id']}",
        "serviceProvisionedResourceGroup": f"{group_of(body['id'])}-{SUBSCRIPTION_ID[:8]}",
        "privateLinkCount": 0,
        "storageHnsEnabled": False,
    }


def _references_exist(body: Body, _old: Body | None, view: View) -> ArmError | None:
    for name in ("keyVault", "storageAccount", "applicationInsights", "containerRegistry"):
        wanted = body["properties"].get(name)
        if wanted and not view.get(wanted):
            return bad_request("ValidationError", f"The {name} '{wanted}' of the workspace was not found.", name)
    return None


def _isolation_stays(body: Body, old: Body | None, _view: View) -> ArmError | None:
    """Refuse to give up a managed network again."""
    was, wanted = (
        ((item or {}).get("properties", {}).get("managedNetwork") or {}).get("isolationMode", "Disabled")
        for item in (old, body)
    )
    if wanted != "Disabled" or was == "Disabled":
        return None
    return bad_request("ValidationError", "Managed network isolation can't be disabled once enabled.", "managedNetwork")


TYPES = (
    TypeSpec(
        "containerregistry:Registry",
        in_group(_REGISTRY),
        NameRule(r"[a-zA-Z0-9]{5,50}", "5-50 letters and digits", shared=True, code="InvalidRegistryName"),
        replaces=("location", "zoneRedundancy"),
        seconds=8,
        outputs=_registry,
        rules=(_premium_only,),
        actions={"listCredentials": _credentials},
    ),
    TypeSpec(
        "containerregistry:Replication",
        in_group(_REGISTRY + "/replications/{replicationName}"),
        NameRule(r"[a-zA-Z0-9]{5,50}", "5-50 letters and digits (the location's name)"),
        Autoname.RANDOM,
        replaces=("location", "zoneRedundancy"),
        seconds=60,
        rules=(_replica_is_elsewhere,),
        outputs=lambda body, _view: {
            "status": {"displayStatus": "Ready", "message": "", "timestamp": body["systemData"]["createdAt"]}
        },
    ),
    TypeSpec(
        "machinelearningservices:Registry",
        in_group("Microsoft.MachineLearningServices/registries/{registryName}"),
        _ML_NAME,
        replaces=("location",),
        seconds=90,
        outputs=_ml_registry,
    ),
    TypeSpec(
        "machinelearningservices:Workspace",
        in_group("Microsoft.MachineLearningServices/workspaces/{workspaceName}"),
        NameRule(r"[a-zA-Z0-9][-\w]{2,32}", "3-33 letters, digits, '-' and '_'"),
        replaces=("location", "hbiWorkspace"),
        refuses=("keyVault", "storageAccount"),
        seconds=45,
        outputs=_ml_workspace,
        rules=(_references_exist, _isolation_stays),
    ),
)
