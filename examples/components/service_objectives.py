"""What a team promises beyond what each of its models does: an OpenSLO objective, watched by error budget."""

import pulumi

from components.catalog import ServiceObjectives
from components.contract.ownership import Ownership

OWNERSHIP: Ownership = {
    "team": "fraud",
    "owner": "fraud-models",
    "environment": "dev",
    "cost_center": "financial-crime",
    "data_class": "internal",
    "commit": "0123abc",
    "change": "CHG-7",
}
AZURE = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg/providers"
REFUNDS = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: fraud-refunds}
spec:
  service: refunds
  description: 99 % of refunds are judged
  budgetingMethod: Occurrences
  timeWindow: [{duration: 30d, isRolling: true}]
  indicator:
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            type: Prometheus
            spec:
              query: headgate_inference_requests_total{namespace="team-fraud",model="refunds",code=~"5.."}
        total:
          metricSource:
            type: Prometheus
            spec:
              query: headgate_inference_requests_total{namespace="team-fraud",model="refunds"}
  objectives: [{displayName: refunds, targetPercent: 99}]
"""

objectives = ServiceObjectives(
    "objectives",
    {
        "ownership": OWNERSHIP,
        "resource_group": "rg-headgate-dev-alerts",
        "region": "uaenorth",
        "metrics_workspace_id": f"{AZURE}/Microsoft.Monitor/accounts/amw-headgate-dev",
        "documents": [REFUNDS],
        "action_groups": {"on-call": f"{AZURE}/Microsoft.Insights/actionGroups/ag-headgate-dev-on-call"},
        "escalation": [{"name": "on-call", "after_minutes": 0}],
        "runbooks": "https://docs.example.com/headgate/runbooks",
    },
)
pulumi.export("objectives", objectives.objectives)
