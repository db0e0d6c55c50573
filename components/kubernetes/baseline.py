"""ClusterBaseline: no traffic in the namespaces that every cluster is born with, GPUs offered, reports of policy known.

Does not own what namespaces of teams and of the platform need: each brings its own policies.
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.apps.v1 import DaemonSet
from pulumi_kubernetes.core.v1 import Namespace, ServiceAccount

from components.contract.baseline import ClusterBaselineArgs
from components.kubernetes.labels import labels, pod_labels
from components.kubernetes.network import default_deny
from components.kubernetes.objects import known_kinds

# Namespaces that Kubernetes makes itself, where nothing of ours runs. kube-system is the cloud's.
BORN_WITH = ("default", "kube-public", "kube-node-lease")
DEVICES = "headgate-devices"
_PLUGIN = "device-plugin"
_SELECTOR = {"app.kubernetes.io/name": _PLUGIN}
_SOCKETS = "/var/lib/kubelet/device-plugins"


class ClusterBaseline(pulumi.ComponentResource):
    """What every cluster has in it before anyone else comes."""

    def __init__(
        self,
        name: str,
        args: ClusterBaselineArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ClusterBaseline", name, dict(args), opts)
        self._name = name
        self._args = args
        self._labels = labels(args["ownership"])
        self._options = pulumi.ResourceOptions(parent=self)
        for namespace in BORN_WITH:
            default_deny(f"{name}-{namespace}", namespace, self._labels, self._options)
        # What an audit of the cluster finds can be kept in it, for its dashboards.
        known_kinds(name, "policy-report", self._labels, self._options)
        if "device_plugin_image" in args:
            self._device_plugin(args["device_plugin_image"])
        self.register_outputs({})

    def _device_plugin(self, image: pulumi.Input[str]) -> None:
        """Run the device plugin on each node with GPUs; it talks to the node's kubelet alone."""
        own = self._labels | _SELECTOR
        namespace = Namespace(
            f"{self._name}-devices",
            # The plugin needs a folder of the node, which no stricter profile allows; nothing else runs here.
            metadata={
                "name": DEVICES,
                "labels": {**own, "pod-security.kubernetes.io/enforce": "privileged"},
            },
            opts=self._options,
        )
        default_deny(f"{self._name}-devices", namespace.metadata.name, own, self._options)
        account = ServiceAccount(
            f"{self._name}-device-plugin-account",
            metadata={"name": _PLUGIN, "namespace": DEVICES, "labels": own},
            automount_service_account_token=False,
            opts=self._after(namespace),
        )
        DaemonSet(
            f"{self._name}-device-plugin",
            # Its names are written out: by them the gates know it, and in a preview others' outputs are not known yet.
            metadata={"name": _PLUGIN, "namespace": DEVICES, "labels": own},
            spec={
                "selector": {"match_labels": _SELECTOR},
                "update_strategy": {"type": "RollingUpdate", "rolling_update": {"max_unavailable": 1}},
                "template": {
                    "metadata": {"labels": pod_labels(self._args["ownership"]) | _SELECTOR},
                    "spec": self._pod(image),
                },
            },
            opts=self._after(account),
        )

    def _after(self, *others: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return a child's options: made once these are there."""
        return pulumi.ResourceOptions.merge(self._options, pulumi.ResourceOptions(depends_on=[*others]))

    def _pod(self, image: pulumi.Input[str]) -> dict[str, Any]:
        """Describe the plugin's pod: on every node with GPUs, whatever keeps others away from there."""
        return {
            "service_account_name": _PLUGIN,
            "automount_service_account_token": False,
            "priority_class_name": "system-node-critical",
            "node_selector": {"kubernetes.azure.com/accelerator": "nvidia"},
            "tolerations": [
                {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"},
                {"key": "kubernetes.azure.com/scalesetpriority", "operator": "Equal", "value": "spot"},
            ],
            "security_context": {"seccomp_profile": {"type": "RuntimeDefault"}},
            "containers": [self._container(image)],
            "volumes": [{"name": "sockets", "host_path": {"path": _SOCKETS, "type": "Directory"}}],
        }

    def _container(self, image: pulumi.Input[str]) -> dict[str, Any]:
        """Describe the container: root for the kubelet's folder alone, without any capability."""
        strategy = "single" if self._args.get("sliced", False) else "none"
        return {
            "name": _PLUGIN,
            "image": image,
            "args": [f"--mig-strategy={strategy}", "--fail-on-init-error=true", "--pass-device-specs=false"],
            "security_context": {
                "run_as_user": 0,
                "allow_privilege_escalation": False,
                "read_only_root_filesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "resources": {
                "requests": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "32Mi"},
                "limits": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "32Mi"},
            },
            "volume_mounts": [{"name": "sockets", "mount_path": _SOCKETS}],
        }
