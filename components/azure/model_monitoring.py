"""ModelMonitoring on Azure: what a team promises of one model, as rules over the platform's measurements.

Owns the model's rule groups, in the resource group of the teams' alerts: a team needs no right beyond that group.
"""

from typing import Optional

import pulumi

from components.azure.prometheus_rules import MOST_RULES, rule_group
from components.azure.tags import tags
from components.contract.monitoring import ModelMonitoringArgs
from components.monitoring.quality import WatchedModel
from components.monitoring.quality import rules as quality_rules
from components.monitoring.rule import escalated, fitting
from components.monitoring.slo.model import ModelObjectives, rules


class ModelMonitoring(pulumi.ComponentResource):
    """A model's objectives, the alerts when their error budgets burn, and those on how right it is."""

    objectives: pulumi.Output[list[str]]
    """Names of the objectives, as in dashboards and alerts."""

    def __init__(
        self,
        name: str,
        args: ModelMonitoringArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ModelMonitoring", name, dict(args), opts)
        promised = ModelObjectives(
            team=args["ownership"]["team"],
            namespace=args["namespace"],
            model=args["model"],
            availability_percent=args["availability_percent"],
            latency_ms=args.get("latency_objective_ms"),
        )
        steps = [(step["name"], step["after_minutes"]) for step in args["escalation"]]
        objectives = rules(promised, args["ownership"]["owner"])
        place = {
            "resource_group_name": args["resource_group"],
            "location": args["region"],
            "scopes": [args["metrics_workspace_id"]],
            "tags": tags(args["ownership"]),
        }
        given = pulumi.Output.from_input(args["action_groups"])
        told = {step: given[step] for step, _ in steps}
        watched = []
        if args.get("quality", True):
            subject = WatchedModel(args["ownership"]["team"], args["namespace"], args["model"])
            watched.append(quality_rules(subject, args["ownership"]["owner"]))
        for group in fitting(escalated([*objectives, *watched], steps), MOST_RULES):
            rule_group(
                f"{name}-{group.name}", group, place, told, args["runbooks"], pulumi.ResourceOptions(parent=self)
            )

        self.objectives = pulumi.Output.from_input([group.name.removeprefix("slo-") for group in objectives])
        self.register_outputs({"objectives": self.objectives})
