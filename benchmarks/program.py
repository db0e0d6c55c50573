"""Generates a Pulumi program of any number of Kubernetes resources, in components, as a team's stack has them."""

from __future__ import annotations

from pathlib import Path

# What one component holds: a model's worth of objects. Deployments ask for no pods: they are not measured.
_KINDS = 10
_PROGRAM = '''"""Generated: {count} resources in components of {kinds}."""

from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s

KUBECONFIG = Path(__file__).with_name("kubeconfig").read_text()
PROVIDER = k8s.Provider("region", kubeconfig=pulumi.Output.secret(KUBECONFIG))


class Model(pulumi.ComponentResource):
    """A model's objects."""

    def __init__(self, name: str, namespace: pulumi.Input[str], count: int) -> None:
        super().__init__("bench:index:Model", name, None, pulumi.ResourceOptions(provider=PROVIDER))
        labels = {{"app": name}}
        metadata = {{"name": name, "namespace": namespace, "labels": labels}}
        opts = pulumi.ResourceOptions(parent=self)
        pod = {{"containers": [{{"name": "model", "image": "registry.example/runtime:1"}}]}}
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
                    "template": {{"metadata": {{"labels": labels}}, "spec": pod}},
                }},
                opts=opts,
            ),
            lambda: k8s.autoscaling.v2.HorizontalPodAutoscaler(
                f"{{name}}-autoscaler",
                metadata=metadata,
                spec={{
                    "scale_target_ref": {{"api_version": "apps/v1", "kind": "Deployment", "name": name}},
                    "max_replicas": 3,
                }},
                opts=opts,
            ),
        ]
        for make in makers[: count - 1]:
            make()
        self.register_outputs({{}})


namespace = k8s.core.v1.Namespace(
    "bench", metadata={{"name": "bench"}}, opts=pulumi.ResourceOptions(provider=PROVIDER)
)
left, number = {count} - 2, 0  # the namespace and the provider count, too
while left > 1:
    Model(f"model-{{number:04}}", namespace.metadata.name, min(left, {kinds}))
    left, number = left - min(left, {kinds}), number + 1
pulumi.export("models", number)
'''


def write(folder: Path, count: int, kubeconfig: str) -> None:
    """Write a project of `count` resources, components and provider included, for a region."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (folder / "Pulumi.bench.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(_PROGRAM.format(count=count, kinds=_KINDS))
    target = folder / "kubeconfig"
    target.touch(mode=0o600)
    target.write_text(kubeconfig)
