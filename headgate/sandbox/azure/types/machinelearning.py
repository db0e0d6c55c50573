"""Azure ML's computes, environments, schedules, endpoints and their deployments: kept and checked, not run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

_WORKSPACE = "Microsoft.MachineLearningServices/workspaces/{workspaceName}"
_ASSET = NameRule(r"[a-zA-Z0-9][-\w.]{0,254}", "1-255 letters, digits, '-', '_', '.', starting with a letter or digit")
_COMPUTE = NameRule(r"[a-zA-Z][-a-zA-Z0-9]{0,22}[a-zA-Z0-9]", "2-24 letters, digits and '-', starting with a letter")
_ENDPOINT = NameRule(r"[a-zA-Z][-a-zA-Z0-9]{1,30}[a-zA-Z0-9]", "3-32 letters, digits and '-', starting with a letter")
_REGISTRY_ASSET = "azureml://registries/"
_ONLINE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"


def _compute(body: Body, _view: View) -> dict[str, Any]:
    """Return what Azure adds to a compute: it is there, with no node; nothing to a cluster that is attached."""
    inner = body["properties"]
    if inner.get("computeType") == "Kubernetes":
        return {"isAttachedCompute": True, "provisioningState": "Succeeded"}
    return {
        "isAttachedCompute": False,
        "provisioningState": "Succeeded",
        "properties": {
            **(inner.get("properties") or {}),
            "allocationState": "Steady",
            "currentNodeCount": 0,
            "targetNodeCount": ((inner.get("properties") or {}).get("scaleSettings") or {}).get("minNodeCount", 0),
        },
    }


def _scales(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a cluster whose bounds are the wrong way round, or whose idle time is no ISO 8601 duration."""
    settings = (body["properties"].get("properties") or {}).get("scaleSettings") or {}
    low, high = settings.get("minNodeCount", 0), settings.get("maxNodeCount", 0)
    if body["properties"].get("computeType") == "AmlCompute" and not 0 <= low <= high:
        return bad_request(
            "InvalidScaleSettings", f"minNodeCount {low} must be 0 to maxNodeCount {high}.", "minNodeCount"
        )
    idle = settings.get("nodeIdleTimeBeforeScaleDown")
    if idle is not None and not str(idle).startswith("PT"):
        return bad_request("InvalidScaleSettings", f"'{idle}' is not a duration such as PT2M.", "nodeIdleTime")
    return None


def _by_image(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse an environment that comes from nowhere, or from two places."""
    given = [name for name in ("image", "build") if body["properties"].get(name)]
    if len(given) == 1:
        return None
    return bad_request("UserError", f"An environment has either an image or a build context; given: {given}.", "image")


def _named(body: Body) -> Iterator[tuple[str, Any]]:
    """Yield the resources that a deployment, an attachment or a schedule's job says it needs."""
    properties = body["properties"]
    job = (properties.get("action") or {}).get("jobDefinition") or {}
    of_the_place = ("compute", "environmentId", "resourceId")
    for holder, names in ((properties, of_the_place), (job, ("computeId", "environmentId"))):
        for name in names:
            if holder.get(name):
                yield name, holder[name]


def _references_exist(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse what names a compute or an environment that is not there."""
    for name, wanted in _named(body):
        if str(wanted).lower().startswith("/subscriptions/") and view.get(wanted) is None:
            return bad_request("UserError", f"The {name} '{wanted}' was not found.", name)
    return None


def _model_is_an_asset(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a model reference that is none of a registry or a workspace."""
    model = body["properties"].get("model") or {}
    if isinstance(model, str):
        model = {"referenceType": "Id", "assetId": model}
    asset = str(model.get("assetId", ""))
    if model.get("referenceType") != "Id" or asset.startswith((_REGISTRY_ASSET, "/subscriptions/")):
        return None
    return bad_request("UserError", f"'{asset}' is no id of a model.", "model.assetId")


def _trigger(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a timetable that is none."""
    trigger = body["properties"].get("trigger") or {}
    expression = str(trigger.get("expression", ""))
    if trigger.get("triggerType") == "Cron" and len(expression.split()) != 5:
        return bad_request(
            "UserError", f"'{expression}' is not a cron expression of five fields.", "trigger.expression"
        )
    return None


def _batch_endpoint(body: Body, _view: View) -> dict[str, Any]:
    host = f"https://{body['name']}.{body['location']}.inference.ml.azure.com"
    return {"scoringUri": f"{host}/jobs", "swaggerUri": f"{host}/openapi/jobs/openapi.json"}


def _online_endpoint(body: Body, _view: View) -> dict[str, Any]:
    host = f"https://{body['name']}.{body['location']}.inference.ml.azure.com"
    return {"scoringUri": f"{host}/score", "swaggerUri": f"{host}/swagger.json"}


def _traffic(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse shares that are no whole, or of a version that is not there."""
    shares = body["properties"].get("traffic") or {}
    there = {child["name"] for child in view.children(body["id"], _ONLINE)}
    if strangers := sorted(shares.keys() - there):
        return bad_request("UserError", f"Traffic names deployments that do not exist: {strangers}.", "traffic")
    if sum(shares.values()) not in {0, 100}:
        return bad_request("UserError", f"Traffic is {sum(shares.values())} percent in all, not 0 or 100.", "traffic")
    return None


def _tokens(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse the directory's tokens where a cluster serves, which knows keys and Azure ML's own tokens alone."""
    properties = body["properties"]
    if properties.get("authMode") != "AADToken" or not properties.get("compute"):
        return None
    return bad_request("UserError", "AADToken is for managed online endpoints alone.", "authMode")


def _asked_nobody(body: Body, view: View) -> ArmError | None:
    """Refuse to delete a version that requests are sent to."""
    endpoint = view.get(body["id"].rsplit("/deployments/", 1)[0])
    share = ((endpoint or {}).get("properties", {}).get("traffic") or {}).get(body["name"], 0)
    if not share:
        return None
    return bad_request("UserError", f"Deployment '{body['name']}' has {share} percent of the traffic.", "traffic")


TYPES = (
    TypeSpec(
        "machinelearningservices:Compute",
        in_group(_WORKSPACE + "/computes/{computeName}"),
        _COMPUTE,
        replaces=("location",),
        refuses=("properties.computeType", "properties.properties.vmSize", "properties.properties.vmPriority"),
        seconds=20,
        outputs=_compute,
        rules=(_scales, _references_exist),
    ),
    TypeSpec(
        "machinelearningservices:EnvironmentContainer",
        in_group(_WORKSPACE + "/environments/{name}"),
        _ASSET,
        location=LocationKind.NONE,
    ),
    TypeSpec(
        "machinelearningservices:EnvironmentVersion",
        in_group(_WORKSPACE + "/environments/{name}/versions/{version}"),
        _ASSET,
        location=LocationKind.NONE,
        refuses=("properties.image", "properties.build", "properties.osType"),
        rules=(_by_image,),
    ),
    TypeSpec(
        "machinelearningservices:Schedule",
        in_group(_WORKSPACE + "/schedules/{name}"),
        _ASSET,
        location=LocationKind.NONE,
        seconds=3,
        rules=(_trigger, _references_exist),
    ),
    TypeSpec(
        "machinelearningservices:BatchEndpoint",
        in_group(_WORKSPACE + "/batchEndpoints/{endpointName}"),
        _ENDPOINT,
        replaces=("location",),
        refuses=("properties.authMode",),
        seconds=10,
        outputs=_batch_endpoint,
    ),
    TypeSpec(
        "machinelearningservices:BatchDeployment",
        in_group(_WORKSPACE + "/batchEndpoints/{endpointName}/deployments/{deploymentName}"),
        _ENDPOINT,
        replaces=("location",),
        seconds=15,
        rules=(_references_exist, _model_is_an_asset),
    ),
    TypeSpec(
        "machinelearningservices:OnlineEndpoint",
        in_group(_WORKSPACE + "/onlineEndpoints/{endpointName}"),
        _ENDPOINT,
        location=LocationKind.REGION,
        replaces=("location",),
        refuses=("properties.authMode", "properties.compute"),
        seconds=30,
        outputs=_online_endpoint,
        rules=(_references_exist, _tokens, _traffic),
    ),
    TypeSpec(
        "machinelearningservices:OnlineDeployment",
        in_group(_WORKSPACE + "/onlineEndpoints/{endpointName}/deployments/{deploymentName}"),
        _ENDPOINT,
        replaces=("location",),
        refuses=("properties.endpointComputeType",),
        seconds=60,
        rules=(_references_exist, _model_is_an_asset),
        deletion_rules=(_asked_nobody,),
    ),
)
