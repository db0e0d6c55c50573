"""TeamTenancy: a team's namespace, with quota, limits, rights and closed borders.

Does not own what the team runs there.
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.core.v1 import LimitRange, Namespace, ResourceQuota, ServiceAccount
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from components import names
from components.contract.tenancy import TeamTenancyArgs
from components.kubernetes.labels import labels
from components.kubernetes.network import allow_monitoring, allow_names, default_deny
from components.kubernetes.own_namespace import RESTRICTED
from components.kubernetes.tenancy_quota import SYSTEM_PRIORITIES, hard, limits

SERVICE_ACCOUNT = "models"
_LOOK = ["get", "list", "watch"]
# What a person may look at, in the team's namespace alone; secrets are not among it.
_VISIBLE = {
    "": ["pods", "pods/log", "services", "events", "configmaps", "resourcequotas", "limitranges"],
    "apps": ["deployments", "replicasets"],
    "argoproj.io": ["rollouts", "analysisruns", "analysistemplates"],
    "autoscaling": ["horizontalpodautoscalers"],
    "batch": ["jobs", "cronjobs"],
    "metrics.k8s.io": ["pods"],
    "networking.k8s.io": ["ingresses", "networkpolicies"],
    "policy": ["poddisruptionbudgets"],
}
_VIEW: list[dict[str, Any]] = [
    {"api_groups": [group], "resources": resources, "verbs": _LOOK} for group, resources in _VISIBLE.items()
]
# Restarting is all that a person changes by hand; the rest goes through a stack file and its gates.
_EDIT: list[dict[str, Any]] = [*_VIEW, {"api_groups": [""], "resources": ["pods"], "verbs": ["delete"]}]


class TeamTenancy(pulumi.ComponentResource):
    """A team's place in one cluster, where it can't see, starve or reach another."""

    namespace: pulumi.Output[str]
    """The team's namespace."""
    service_account: pulumi.Output[str]
    """Identity of the team's model pods."""

    def __init__(
        self,
        name: str,
        args: TeamTenancyArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:TeamTenancy", name, dict(args), opts)
        self._name = name
        self._args = args
        self._labels = labels(args["ownership"])
        self._namespace_name = names.namespace(args["ownership"]["team"])

        namespace = self._namespace()
        # By its name, which every preview knows, so that rules can judge where an object is; and after it.
        self._options = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        self._quota()
        self._priorities()
        self._limits()
        for border in (default_deny, allow_names, allow_monitoring):
            border(name, self._namespace_name, self._labels, self._options)
        self._rights("view", _VIEW, args.get("view_groups", []))
        self._rights("edit", _EDIT, args.get("edit_groups", []))
        account = self._account(SERVICE_ACCOUNT, f"{name}-account")
        for other in args.get("service_accounts", []):
            if other != SERVICE_ACCOUNT:
                self._account(other, f"{name}-account-{other}")

        self.namespace = namespace.metadata.name
        self.service_account = account.metadata.name
        self.register_outputs({"namespace": self.namespace, "service_account": self.service_account})

    def _metadata(self, name: str) -> dict[str, Any]:
        return {"name": name, "namespace": self._namespace_name, "labels": self._labels}

    def _namespace(self) -> Namespace:
        """Make the namespace; Pod Security refuses what is not restricted."""
        protect = self._args.get("protect", True)
        # The engine's own protection holds the engine alone: by this label the gate of the cluster holds everybody.
        held = {"headgate.dev/protected": "true"} if protect else {}
        return Namespace(
            f"{self._name}-namespace",
            metadata={
                "name": self._namespace_name,
                "labels": self._labels | RESTRICTED | held,
            },
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )

    def _quota(self) -> None:
        """Limit what the team may use."""
        ResourceQuota(
            f"{self._name}-quota",
            metadata=self._metadata("quota"),
            spec={"hard": hard(self._args["quota"])},
            opts=self._options,
        )

    def _priorities(self) -> None:
        """Refuse pods of the system's priorities, which would push another team's pods off their nodes."""
        ResourceQuota(
            f"{self._name}-no-system-priority",
            metadata=self._metadata("no-system-priority"),
            spec={
                "hard": {"pods": "0"},
                "scope_selector": {
                    "match_expressions": [
                        {"scope_name": "PriorityClass", "operator": "In", "values": list(SYSTEM_PRIORITIES)}
                    ]
                },
            },
            opts=self._options,
        )

    def _limits(self) -> None:
        """Give a container that asks for nothing something small."""
        LimitRange(
            f"{self._name}-limits",
            metadata=self._metadata("limits"),
            spec={"limits": limits()},
            opts=self._options,
        )

    def _rights(self, level: str, rules: list[dict[str, Any]], groups: list[str]) -> None:
        """Make a role, and give it to the groups."""
        role = Role(f"{self._name}-{level}", metadata=self._metadata(level), rules=rules, opts=self._options)
        if not groups:
            return
        RoleBinding(
            f"{self._name}-{level}-binding",
            metadata=self._metadata(level),
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": level},
            subjects=[{"api_group": "rbac.authorization.k8s.io", "kind": "Group", "name": group} for group in groups],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )

    def _account(self, account: str, name: str) -> ServiceAccount:
        """Make an identity of the team's pods; they don't talk to the API server, so they get no token for it."""
        metadata = self._metadata(account)
        if "client_id" in self._args:
            metadata["annotations"] = {"azure.workload.identity/client-id": self._args["client_id"]}
        return ServiceAccount(name, metadata=metadata, automount_service_account_token=False, opts=self._options)
