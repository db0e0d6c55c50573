"""Diagnostic settings: every resource that can log does, to the one workspace."""

import pulumi
from pulumi_azure_native import monitor


def log_everything(
    name: str,
    resource: pulumi.CustomResource,
    workspace_id: pulumi.Input[str],
    parent: pulumi.Resource,
    *,
    metrics: bool = True,
) -> monitor.DiagnosticSetting:
    """Send all logs of a resource, and its metrics where it has any, to the workspace."""
    return monitor.DiagnosticSetting(
        f"{name}-diagnostics",
        name="headgate-audit",
        resource_uri=resource.id,
        workspace_id=workspace_id,
        logs=[{"category_group": "allLogs", "enabled": True}],
        metrics=[{"category": "AllMetrics", "enabled": True}] if metrics else None,
        opts=pulumi.ResourceOptions(parent=parent),
    )
