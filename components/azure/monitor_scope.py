"""The private link scope: how a network writes and asks logs, measurements and traces: ours, and no others.

Azure Monitor's own addresses are everyone's; the scope says which resources are behind a network's endpoint. In the
mode `PrivateOnly` that network reaches no other, so nothing is carried out of it into somebody else's workspace.
"""

import pulumi
from pulumi_azure_native import monitor

from components import names
from components.azure.guard import Guard
from components.azure.private_access import Service


def monitor_scope(
    name: str, resource_group: pulumi.Input[str], linked: dict[str, pulumi.Input[str]], guard: Guard
) -> monitor.PrivateLinkScope:
    """Make the scope of the linked resources (id by name), with an endpoint in each of the component's networks."""
    scope = monitor.PrivateLinkScope(
        f"{name}-scope",
        scope_name=names.monitor_scope(guard.environment),
        resource_group_name=resource_group,
        location="Global",
        access_mode_settings={"ingestion_access_mode": "PrivateOnly", "query_access_mode": "PrivateOnly"},
        tags=guard.tags,
        opts=guard.options(),
    )
    links: list[pulumi.Resource] = []
    for each, target in linked.items():
        link = monitor.PrivateLinkScopedResource(
            f"{name}-{each}-scoped",
            name=each,
            scope_name=scope.name,
            resource_group_name=resource_group,
            kind="Resource",
            linked_resource_id=target,
            # One after the other: Azure changes a scope for one at a time, and refuses the next until it is done.
            opts=guard.options(depends_on=links[-1:]),
        )
        links.append(link)
    guard.attend("scope", scope, reached_as=(Service.MONITOR, names.monitor_scope(guard.environment)), after=links)
    return scope
