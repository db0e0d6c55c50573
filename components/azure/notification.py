"""Who is told: an action group for each step of the escalation chain, quiet hours, and the dead-man's switch."""

from typing import Any

import pulumi
from pulumi_azure_native import alertsmanagement, monitor

from components import names
from components.azure.guard import Guard
from components.contract.monitoring import EscalationStep, MonitoringStackArgs, QuietHours

# Azure names time zones as Windows does; the left is what stacks and Alertmanager say.
TIME_ZONES = {
    "UTC": "UTC",
    "Asia/Dubai": "Arabian Standard Time",
    "Asia/Riyadh": "Arab Standard Time",
    "Asia/Kolkata": "India Standard Time",
    "Europe/London": "GMT Standard Time",
    "Europe/Berlin": "W. Europe Standard Time",
    "America/New_York": "Eastern Standard Time",
}
# Azure's severities from warning down.
_NOT_CRITICAL = ["Sev2", "Sev3", "Sev4"]


def action_groups(name: str, args: MonitoringStackArgs, guard: Guard) -> dict[str, monitor.ActionGroup]:
    """Make them, by the name of the step."""
    return {step["name"]: _action_group(name, args, step, guard) for step in args["escalation"]}


def _action_group(name: str, args: MonitoringStackArgs, step: EscalationStep, guard: Guard) -> monitor.ActionGroup:
    """Make one step's."""
    return monitor.ActionGroup(
        f"{name}-{step['name']}-group",
        action_group_name=names.action_group(args["ownership"]["environment"], step["name"]),
        resource_group_name=args["resource_group"],
        location="Global",
        group_short_name=step["name"][:12].rstrip("-"),
        enabled=True,
        email_receivers=[
            {"name": address, "email_address": address, "use_common_alert_schema": True}
            for address in step.get("emails", [])
        ],
        sms_receivers=[
            {"name": f"phone-{index}", "country_code": phone["country_code"], "phone_number": phone["number"]}
            for index, phone in enumerate(step.get("phones", []), 1)
        ],
        webhook_receivers=[
            {"name": f"webhook-{index}", "service_uri": address, "use_common_alert_schema": True}
            for index, address in enumerate(step.get("webhooks", []), 1)
        ],
        itsm_receivers=_tickets(step),
        tags=guard.tags,
        opts=guard.options(),
    )


def _tickets(step: EscalationStep) -> list[dict[str, Any]]:
    """Return where a ticket is opened."""
    if "tickets" not in step:
        return []
    system = step["tickets"]
    return [
        {
            "name": "tickets",
            "workspace_id": system["workspace_id"],
            "connection_id": system["connection_id"],
            "region": system["region"],
            "ticket_configuration": system["ticket"],
        }
    ]


def quiet_hours(
    name: str, args: MonitoringStackArgs, hours: QuietHours, scope: pulumi.Input[str], guard: Guard
) -> None:
    """Tell nobody of what is not critical at these hours; the alerts fire all the same, and are kept."""
    alertsmanagement.AlertProcessingRuleByName(
        f"{name}-quiet-hours",
        alert_processing_rule_name="headgate-quiet-hours",
        resource_group_name=args["resource_group"],
        location="Global",
        properties={
            "description": "Only critical alerts are told at these hours.",
            "enabled": True,
            "scopes": [scope],
            "conditions": [{"field": "Severity", "operator": "Equals", "values": _NOT_CRITICAL}],
            "actions": [alertsmanagement.RemoveAllActionGroupsArgs(action_type="RemoveAllActionGroups")],
            "schedule": {
                "time_zone": TIME_ZONES[hours["time_zone"]],
                "recurrences": [
                    # Of a type that may be one of several, the SDK takes the class alone.
                    alertsmanagement.DailyRecurrenceArgs(
                        recurrence_type="Daily",
                        start_time=pulumi.Output.format("{0}:00", hours["start"]),
                        end_time=pulumi.Output.format("{0}:00", hours["end"]),
                    )
                ],
            },
        },
        tags=guard.tags,
        opts=guard.options(),
    )


def dead_man(
    name: str,
    args: MonitoringStackArgs,
    workspace: monitor.AzureMonitorWorkspace,
    groups: dict[str, monitor.ActionGroup],
    guard: Guard,
) -> None:
    """Call when nothing is measured any more: judged by Azure's own metrics, since our rules would be silent then.

    The Watchdog alert can't do it here: Azure tells of an alert once, when it starts.
    """
    monitor.MetricAlert(
        f"{name}-dead-man",
        rule_name="headgate-dead-man",
        resource_group_name=args["resource_group"],
        location="Global",
        description="No measurement has arrived for five minutes: no other alert can fire. Runbook: "
        f"{args['runbooks'].rstrip('/')}/watchdog.md",
        severity=0,
        enabled=True,
        auto_mitigate=True,
        scopes=[workspace.id],
        evaluation_frequency="PT1M",
        window_size="PT5M",
        criteria=monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
            odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            all_of=[
                monitor.MetricCriteriaArgs(
                    criterion_type="StaticThresholdCriterion",
                    name="nothing-measured",
                    metric_namespace="Microsoft.Monitor/accounts",
                    metric_name="EventsPerMinuteIngested",
                    operator="LessThan",
                    threshold=1,
                    time_aggregation="Maximum",
                )
            ],
        ),
        actions=[{"action_group_id": group.id} for group in groups.values()],
        tags=guard.tags,
        opts=guard.options(),
    )
