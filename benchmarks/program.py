"""Generates a Pulumi program of any number of Kubernetes resources, in components, as a team's stack has them."""

from __future__ import annotations

from pathlib import Path

# What one component holds: a model's worth of objects. Deployments ask for no pods: they are not measured.
_KINDS = 10
_PROGRAM = '''"""Generated: {count} resources in components of {kinds}."""

from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s

# What the rules ask of every object, so that a policy gate has nothing to say of it.
IMAGE = "hgplatformsandbox.azurecr.io/runtimes/a@sha256:" + "0123456789abcdef" * 4
OWNED = {{
    f"headgate.dev/{{key}}": value
    for key, value in (
        ("owner", "bench"),
        ("team", "bench"),
        ("cost-center", "bench"),
        ("environment", "sandbox"),
        ("commit", "unrecorded"),
        ("change", "unrecorded"),
    )
}}
KUBECONFIG = Path(__file__).with_name("kubeconfig").read_text()
PROVIDER = k8s.Provider("region", kubeconfig=pulumi.Output.secret(KUBECONFIG))


class Model(pulumi.ComponentResource):
    """A model's objects."""

    def __init__(self, name: str, namespace: pulumi.Input[str], count: int) -> None:
        super().__init__("headgate:index:GeneratedModel", name, None, pulumi.ResourceOptions(provider=PROVIDER))
        labels = {{"app": name}}
        metadata = {{"name": name, "namespace": namespace, "labels": labels | OWNED}}
        opts = pulumi.ResourceOptions(parent=self)
        probe = {{"http_get": {{"path": "/", "port": 8080}}}}
        sizes = {{"cpu": "10m", "memory": "16Mi"}}
        container = {{
            "name": "model",
            "image": IMAGE,
            "resources": {{"requests": sizes, "limits": sizes}},
            "security_context": {{
                "allow_privilege_escalation": False,
                "read_only_root_filesystem": True,
                "capabilities": {{"drop": ["ALL"]}},
            }},
            "startup_probe": probe,
            "readiness_probe": probe,
            "liveness_probe": probe,
        }}
        spread = {{
            "max_skew": 1,
            "topology_key": "topology.kubernetes.io/zone",
            "when_unsatisfiable": "ScheduleAnyway",
            "label_selector": {{"match_labels": labels}},
        }}
        pod = {{
            "automount_service_account_token": False,
            "security_context": {{
                "run_as_non_root": True, "run_as_user": 1000, "seccomp_profile": {{"type": "RuntimeDefault"}}
            }},
            "containers": [container],
            "topology_spread_constraints": [spread],
        }}
        rule = {{"api_groups": [""], "resources": ["configmaps"], "verbs": ["get"]}}
        role = {{"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": name}}
        account = {{"kind": "ServiceAccount", "name": name, "namespace": namespace}}
        makers = [
            lambda: k8s.core.v1.ConfigMap(f"{{name}}-map", metadata=metadata, data={{"text": "x" * 500}}, opts=opts),
            lambda: k8s.core.v1.ServiceAccount(f"{{name}}-account", metadata=metadata, opts=opts),
            lambda: k8s.core.v1.Secret(f"{{name}}-key", metadata=metadata, string_data={{"key": "value"}}, opts=opts),
            lambda: k8s.rbac.v1.Role(f"{{name}}-role", metadata=metadata, rules=[rule], opts=opts),
            lambda: k8s.rbac.v1.RoleBinding(
                f"{{name}}-binding", metadata=metadata, role_ref=role, subjects=[account], opts=opts
            ),
            lambda: k8s.networking.v1.NetworkPolicy(
                f"{{name}}-policy", metadata=metadata, spec={{"pod_selector": {{"match_labels": labels}}}}, opts=opts
            ),
            lambda: k8s.policy.v1.PodDisruptionBudget(
                f"{{name}}-budget",
                metadata=metadata,
                spec={{"max_unavailable": 1, "selector": {{"match_labels": labels}}}},
                opts=opts,
            ),
            lambda: k8s.apps.v1.Deployment(
                f"{{name}}-deployment",
                metadata=metadata,
                spec={{
                    "replicas": 0,
                    "selector": {{"match_labels": labels}},
                    "template": {{"metadata": {{"labels": labels | OWNED}}, "spec": pod}},
                }},
                opts=opts,
            ),
            lambda: k8s.autoscaling.v2.HorizontalPodAutoscaler(
                f"{{name}}-autoscaler",
                metadata=metadata,
                spec={{
                    "scale_target_ref": {{"api_version": "apps/v1", "kind": "Deployment", "name": name}},
                    "min_replicas": 1,
                    "max_replicas": 3,
                }},
                opts=opts,
            ),
        ]
        for make in makers[: count - 1]:
            make()
        self.register_outputs({{}})


alone = pulumi.ResourceOptions(provider=PROVIDER)
namespace = k8s.core.v1.Namespace("bench", metadata={{"name": "team-bench", "labels": OWNED}}, opts=alone)


def of_the_namespace(name: str) -> dict[str, object]:
    """Return the metadata of what a namespace has once."""
    return {{"name": name, "namespace": namespace.metadata.name, "labels": OWNED}}


sizes = {{"cpu": "10m", "memory": "16Mi"}}
k8s.core.v1.ResourceQuota(
    "quota",
    metadata=of_the_namespace("quota"),
    spec={{"hard": {{"cpu": "100", "limits.memory": "100Gi", "count/pods": "100", "requests.nvidia.com/gpu": "0"}}}},
    opts=alone,
)
k8s.core.v1.LimitRange(
    "limits",
    metadata=of_the_namespace("limits"),
    spec={{"limits": [{{"type": "Container", "default": sizes, "default_request": sizes}}]}},
    opts=alone,
)
k8s.networking.v1.NetworkPolicy(
    "deny",
    metadata=of_the_namespace("deny"),
    spec={{"pod_selector": {{}}, "policy_types": ["Ingress", "Egress"]}},
    opts=alone,
)
left, number = {count} - 5, 0  # the namespace, what it has once, and the provider count, too
while left > 1:
    Model(f"model-{{number:04}}", namespace.metadata.name, min(left, {kinds}))
    left, number = left - min(left, {kinds}), number + 1
pulumi.export("models", number)
'''


def write(folder: Path, count: int, kubeconfig: str) -> None:
    """Write a project of `count` resources, components and provider included, for a region."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (folder / "Pulumi.bench-sandbox.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(_PROGRAM.format(count=count, kinds=_KINDS))
    target = folder / "kubeconfig"
    target.touch(mode=0o600)
    target.write_text(kubeconfig)
