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
from components.kubernetes.network import allow_names, default_deny

SERVICE_ACCOUNT = "models"
_LOOK = ["get", "list", "watch"]
# What a person may look at; secrets are not among it.
_VIEW: list[dict[str, Any]] = [
    {"api_groups": [""], "resources": ["pods", "pods/log", "services", "events"], "verbs": _LOOK},
    {"api_groups": ["apps"], "resources": ["deployments", "replicasets"], "verbs": _LOOK},
    {"api_groups": ["argoproj.io"], "resources": ["rollouts", "analysisruns", "analysistemplates"], "verbs": _LOOK},
    {"api_groups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": _LOOK},
    {"api_groups": ["networking.k8s.io"], "resources": ["ingresses", "networkpolicies"], "verbs": _LOOK},
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
        self._options = pulumi.ResourceOptions(parent=self)

        namespace = self._namespace()
        self._namespace_name = namespace.metadata.name
        self._quota()
        self._limits()
        default_deny(name, self._namespace_name, self._labels, self._options)
        allow_names(name, self._namespace_name, self._labels, self._options)
        self._rights("view", _VIEW, args.get("view_groups", []))
        self._rights("edit", _EDIT, args.get("edit_groups", []))
        account = self._account()

        self.namespace = self._namespace_name
        self.service_account = account.metadata.name
        self.register_outputs({"namespace": self.namespace, "service_account": self.service_account})

    def _metadata(self, name: str) -> dict[str, Any]:
        return {"name": name, "namespace": self._namespace_name, "labels": self._labels}

    def _namespace(self) -> Namespace:
        """Make the namespace; Pod Security refuses what is not restricted."""
        security = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
        return Namespace(
            f"{self._name}-namespace",
            metadata={
                "name": names.namespace(self._args["ownership"]["team"]),
                "labels": self._labels | security,
            },
            opts=self._options,
        )

    def _quota(self) -> None:
        """Limit what the team may use."""
        quota = self._args["quota"]
        gpus = pulumi.Output.from_input(quota["gpus"]).apply(str)
        ResourceQuota(
            f"{self._name}-quota",
            metadata=self._metadata("quota"),
            spec={
                "hard": {
                    "requests.cpu": quota["cpu"],
                    "limits.cpu": quota["cpu"],
                    "requests.memory": quota["memory"],
                    "limits.memory": quota["memory"],
                    "requests.nvidia.com/gpu": gpus,
                    "pods": pulumi.Output.from_input(quota["pods"]).apply(str),
                    # The gateway is the one way in.
                    "services.loadbalancers": "0",
                    "services.nodeports": "0",
                }
            },
            opts=self._options,
        )

    def _limits(self) -> None:
        """Give a container that asks for nothing something small."""
        LimitRange(
            f"{self._name}-limits",
            metadata=self._metadata("limits"),
            spec={
                "limits": [
                    {
                        "type": "Container",
                        "default": {"cpu": "500m", "memory": "512Mi"},
                        "default_request": {"cpu": "100m", "memory": "128Mi"},
                    }
                ]
            },
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
            role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": role.metadata.name},
            subjects=[{"api_group": "rbac.authorization.k8s.io", "kind": "Group", "name": group} for group in groups],
            opts=self._options,
        )

    def _account(self) -> ServiceAccount:
        """Make the identity of model pods; they don't talk to the API server, so they get no token."""
        return ServiceAccount(
            f"{self._name}-account",
            metadata=self._metadata(SERVICE_ACCOUNT),
            automount_service_account_token=False,
            opts=self._options,
        )
