"""ServiceObjectives on Azure: a team's own OpenSLO objectives and its budget, as rules over what is measured.

Owns their rule groups, in the resource group of the teams' alerts. What each model promises by itself is
ModelMonitoring's.
"""

from typing import Optional

import pulumi
import yaml

from components.azure.prometheus_rules import MOST_RULES, rule_group
from components.azure.tags import tags
from components.contract.objectives import ServiceObjectivesArgs
from components.monitoring.rule import escalated, fitting
from components.monitoring.slo.burn import ANY_RUNBOOK, burn_rules
from components.monitoring.slo.openslo import parse
from components.monitoring.spending import team_rules


class ServiceObjectives(pulumi.ComponentResource):
    """A team's own objectives, and the alerts when their error budgets burn."""

    objectives: pulumi.Output[list[str]]
    """Names of the objectives, as in dashboards and alerts."""

    def __init__(
        self,
        name: str,
        args: ServiceObjectivesArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ServiceObjectives", name, dict(args), opts)
        promised = [parse(yaml.safe_load(text)) for text in args["documents"]]
        steps = [(step["name"], step["after_minutes"]) for step in args["escalation"]]
        place = {
            "resource_group_name": args["resource_group"],
            "location": args["region"],
            "scopes": [args["metrics_workspace_id"]],
            "tags": tags(args["ownership"]),
        }
        given = pulumi.Output.from_input(args["action_groups"])
        told = {step: given[step] for step, _ in steps}
        groups = [burn_rules(objective, args["ownership"]["owner"], ANY_RUNBOOK) for objective in promised]
        if "monthly_budget" in args:
            team, owner = args["ownership"]["team"], args["ownership"]["owner"]
            groups.append(team_rules(team, args["namespace"], owner, args["monthly_budget"]))
        for group in fitting(escalated(groups, steps), MOST_RULES):
            child = pulumi.ResourceOptions(parent=self)
            rule_group(f"{name}-{group.name}", group, place, told, args["runbooks"], child)

        self.objectives = pulumi.Output.from_input([objective.name for objective in promised])
        self.register_outputs({"objectives": self.objectives})
