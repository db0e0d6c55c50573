"""Event Hubs: namespaces, hubs, their readers and their rules of access: kept, and simulated only."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.types.spec import Autoname, Body, LocationKind, NameRule, TypeSpec, View, in_group

_NAMESPACE = "Microsoft.EventHub/namespaces/{namespaceName}"
_HUB = _NAMESPACE + "/eventhubs/{eventHubName}"


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


def _inflates(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a bound of growth where nothing grows, as the service does."""
    properties = body["properties"]
    if properties.get("maximumThroughputUnits") and not properties.get("isAutoInflateEnabled"):
        return bad_request("BadRequest", "MaximumThroughputUnits can only be set when AutoInflate is enabled.")
    return None


def _rights(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse Manage without the other two rights."""
    rights = set(body["properties"].get("rights") or [])
    if "Manage" in rights and not {"Listen", "Send"} <= rights:
        return bad_request("BadRequest", "Manage permission should also include Send and Listen.")
    return None


def _kept_for(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse more than a week in a namespace of the Standard tier."""
    namespace = view.get(body["id"].split("/eventhubs/")[0]) or {}
    hours = (body["properties"].get("retentionDescription") or {}).get("retentionTimeInHours", 24)
    if (namespace.get("sku") or {}).get("name") == "Standard" and hours > 168:
        return bad_request("MessagingGatewayBadRequest", "RetentionTimeInHours can be 168 at most in Standard.")
    return None


TYPES = (
    TypeSpec(
        "eventhub:Namespace",
        in_group(_NAMESPACE),
        NameRule(r"[a-zA-Z][-a-zA-Z0-9]{4,48}[a-zA-Z0-9]", "6-50 letters, digits and '-'", shared=True),
        replaces=("location", "zoneRedundant"),
        seconds=45,
        outputs=_namespace,
        rules=(_inflates,),
    ),
    TypeSpec(
        "eventhub:EventHub",
        in_group(_HUB),
        NameRule(r"[a-zA-Z0-9]([-\w.]{0,254}[a-zA-Z0-9])?", "1-256 letters, digits, '.', '-', '_'"),
        location=LocationKind.NONE,
        # Only dedicated and premium namespaces can change it.
        refuses=("partitionCount",),
        seconds=3,
        outputs=_hub,
        rules=(_kept_for,),
        has_state=False,
    ),
    TypeSpec(
        "eventhub:NamespaceAuthorizationRule",
        in_group(_NAMESPACE + "/authorizationRules/{authorizationRuleName}"),
        autoname=Autoname.RANDOM,
        location=LocationKind.NONE,
        rules=(_rights,),
        has_state=False,
    ),
    TypeSpec(
        "eventhub:ConsumerGroup",
        in_group(_HUB + "/consumergroups/{consumerGroupName}"),
        NameRule(r"[a-zA-Z0-9]([-\w.]{0,48}[a-zA-Z0-9])?", "1-50 letters, digits, '.', '-', '_'"),
        location=LocationKind.NONE,
        has_state=False,
    ),
    TypeSpec(
        "eventhub:NamespaceNetworkRuleSet",
        in_group(_NAMESPACE + "/networkRuleSets/default"),
        location=LocationKind.NONE,
        has_state=False,
    ),
)
