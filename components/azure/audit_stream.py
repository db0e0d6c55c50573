"""One region's audit stream: an event hub that a SIEM reads with an identity, fed by diagnostic settings.

Diagnostic settings know no identity: they write with a key of the namespace. So keys stay on, as against Azure's
verified module; only trusted services get in with one, and no key is an output of ours.
"""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import eventhub

from components import names
from components.azure.grants import ROLES, grant
from components.azure.guard import Guard
from components.azure.private_access import Service
from components.contract.audit import AuditRegion, AuditTrailArgs, SecurityStream

HUB = "audit"
_READERS = "siem"
_HOURS = 168


@dataclass(frozen=True)
class AuditStream:
    """A region's stream, as diagnostic settings refer to it."""

    namespace_id: pulumi.Output[str]
    hub: pulumi.Output[str]
    rule_id: pulumi.Output[str]


@dataclass(frozen=True)
class _Making:
    """What every resource of one stream needs."""

    logical: str
    resource_group: pulumi.Input[str]
    guard: Guard


def audit_stream(
    component: pulumi.Resource, name: str, args: AuditTrailArgs, region: AuditRegion, guard: Guard
) -> AuditStream:
    """Make a region's stream: namespace, hub, group of readers, the rule that diagnostic settings write with."""
    wanted = args.get("stream", {})
    making = _Making(f"{name}-{region['name']}-stream", region["resource_group"], guard)
    physical = names.audit_stream(args["organisation"], guard.environment, region["name"])
    namespace = _namespace(making, physical, region, wanted)
    hub = _hub(making, namespace, wanted)
    rule = _rule(making, namespace)
    made: list[pulumi.Resource] = [hub, rule, _doors(making, namespace), _readers(making, namespace, hub)]
    if "reader_id" in wanted:
        role = ROLES["Azure Event Hubs Data Receiver"]
        made.append(grant(f"{making.logical}-reader-grant", role, wanted["reader_id"], hub.id, component))
    guard.attend(
        f"{region['name']}-stream",
        namespace,
        workspace_id=args["workspace_id"],
        reached_as=(Service.EVENTS, physical),
        networks=[region["network"]],
        locked=True,
        after=made,
    )
    return AuditStream(namespace.id, hub.name, rule.id)


def _namespace(making: _Making, name: str, region: AuditRegion, wanted: SecurityStream) -> eventhub.Namespace:
    """Make the namespace; it grows with what is logged, up to its bound."""
    return eventhub.Namespace(
        making.logical,
        namespace_name=name,
        resource_group_name=making.resource_group,
        location=region["name"],
        sku={"name": "Standard", "tier": "Standard", "capacity": 1},
        is_auto_inflate_enabled=True,
        maximum_throughput_units=wanted.get("max_throughput_units", 10),
        zone_redundant=region.get("zone_redundant", True),
        minimum_tls_version="1.2",
        public_network_access="Disabled",
        disable_local_auth=False,
        tags=making.guard.tags,
        # The autoscaler's business after creation.
        opts=making.guard.options(protect=True, ignore_changes=["sku.capacity"]),
    )


def _hub(making: _Making, namespace: eventhub.Namespace, wanted: SecurityStream) -> eventhub.EventHub:
    """Make the hub, in which a reader may lag behind for its hours."""
    return eventhub.EventHub(
        f"{making.logical}-hub",
        event_hub_name=HUB,
        namespace_name=namespace.name,
        resource_group_name=making.resource_group,
        partition_count=wanted.get("partitions", 4),
        retention_description={
            "cleanup_policy": "Delete",
            "retention_time_in_hours": wanted.get("retention_hours", _HOURS),
        },
        # Azure refuses another number of partitions: the hub is made anew, and its name is free only then.
        opts=pulumi.ResourceOptions.merge(
            making.guard.options(protect=True),
            pulumi.ResourceOptions(replace_on_changes=["partitionCount"], delete_before_replace=True),
        ),
    )


def _rule(making: _Making, namespace: eventhub.Namespace) -> eventhub.NamespaceAuthorizationRule:
    """Make the rule that diagnostic settings write with; Azure asks for all three rights of it."""
    return eventhub.NamespaceAuthorizationRule(
        f"{making.logical}-rule",
        authorization_rule_name="diagnostics",
        namespace_name=namespace.name,
        resource_group_name=making.resource_group,
        rights=["Listen", "Manage", "Send"],
        opts=making.guard.options(),
    )


def _doors(making: _Making, namespace: eventhub.Namespace) -> eventhub.NamespaceNetworkRuleSet:
    """Let Azure's own logging in, and nobody else but by a private endpoint."""
    return eventhub.NamespaceNetworkRuleSet(
        f"{making.logical}-doors",
        namespace_name=namespace.name,
        resource_group_name=making.resource_group,
        default_action="Deny",
        public_network_access="Disabled",
        trusted_service_access_enabled=True,
        opts=making.guard.options(),
    )


def _readers(making: _Making, namespace: eventhub.Namespace, hub: eventhub.EventHub) -> eventhub.ConsumerGroup:
    """Make the group that the SIEM reads as, so that no other reader moves its place."""
    return eventhub.ConsumerGroup(
        f"{making.logical}-readers",
        consumer_group_name=_READERS,
        event_hub_name=hub.name,
        namespace_name=namespace.name,
        resource_group_name=making.resource_group,
        opts=making.guard.options(),
    )
