"""ModelMonitoring on Azure: what a team promises of one model, as rules over the platform's measurements.

Owns the model's rule groups, in the resource group of the teams' alerts: a team needs no right beyond that group.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, Optional

import pulumi

from components.azure.prometheus_rules import MOST_RULES, rule_group
from components.azure.tags import tags
from components.contract.monitoring import ModelMonitoringArgs
from components.monitoring import business, inputs, quality, spending
from components.monitoring.rule import Group, escalated, fitting
from components.monitoring.slo.model import ModelObjectives, rules
from components.monitoring.tunables import Inputs, Quality
from components.monitoring.watched import WatchedModel


class ModelMonitoring(pulumi.ComponentResource):
    """A model's objectives, the alerts when their error budgets burn, and those on how right and how dear it is."""

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
        for group in fitting(escalated([*objectives, *_watched(args)], steps), MOST_RULES):
            rule_group(
                f"{name}-{group.name}", group, place, told, args["runbooks"], pulumi.ResourceOptions(parent=self)
            )

        self.objectives = pulumi.Output.from_input([group.name.removeprefix("slo-") for group in objectives])
        self.register_outputs({"objectives": self.objectives})


def _watched(args: ModelMonitoringArgs) -> Iterator[Group]:
    """Yield what is watched of a model beside its objectives."""
    subject = WatchedModel(args["ownership"]["team"], args["namespace"], args["model"])
    owner, given = args["ownership"]["owner"], dict(args.get("thresholds", {}))
    if args.get("quality", True):
        yield quality.rules(subject, owner, replace(Quality(), **_of(Quality, given)))
        yield inputs.rules(subject, owner, replace(Inputs(), **_of(Inputs, given)))
    if args.get("indicators"):
        yield business.rules(subject, owner, tuple(business.Indicator(**each) for each in args["indicators"]))
    if "monthly_budget" in args:
        yield spending.model_rules(subject, owner, args["monthly_budget"])
    if "tokens_per_month" in args:
        yield spending.token_rules(subject, owner, args["tokens_per_month"])


def _of(kind: type[Quality] | type[Inputs], given: dict[str, object]) -> dict[str, Any]:
    """Return the thresholds that are one group's."""
    return {each.name: given[each.name] for each in fields(kind) if each.name in given}
