"""Which tools there are, where each comes from, and how it is built. Data only.

A version is never written here: it is read from the `go.mod` of the tool's family under `toolchain/`,
so a pin has one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain.edits import Edit
from headgate.sandbox.toolchain.pins import MODULES, pins

KUBERNETES = "v1.36.3"

_K8S_FLAGS = (
    f"-X k8s.io/component-base/version.gitVersion={KUBERNETES}",
    "-X k8s.io/component-base/version.gitMajor=1",
    "-X k8s.io/component-base/version.gitMinor=36",
    f"-X k8s.io/client-go/pkg/version.gitVersion={KUBERNETES}",
)


@dataclass(frozen=True)
class Tool:
    """One program: its family (folder with go.mod), module, package and what its build needs.

    `estimate` is what a cold build takes on two cores, in seconds, after and beside the tools before it.
    `version_args` ask a program found on PATH for its version; without them PATH is never trusted.
    `link_version` is the linker variable that takes the module's version.
    """

    name: str
    family: str
    module: str
    package: str
    estimate: int
    needed: bool = False
    version_args: tuple[str, ...] = ()
    link_version: str | None = None
    link_flags: tuple[str, ...] = ()
    tags: str = ""
    edits: tuple[Edit, ...] = ()

    @property
    def version(self) -> str:
        """The pinned version, from the family's go.mod."""
        return pins(MODULES / self.family / "go.mod")[self.module]

    @property
    def release(self) -> str:
        """The number that the program itself reports, without `v` (Prometheus v0.315.0 calls itself 3.15.0)."""
        number = self.version.removeprefix("v")
        if self.module == "github.com/prometheus/prometheus":
            _, minor, patch = number.split(".")
            return f"{minor[0]}.{int(minor[1:])}.{patch}"
        return number

    @property
    def folder(self) -> Path:
        """Where `go build` runs."""
        return MODULES / self.family

    @property
    def ldflags(self) -> str:
        """Everything for `-ldflags`."""
        flags = ["-s", "-w", *self.link_flags]
        if self.link_version:
            prefix = "v" if self.name in {"pulumi", "caddy", "kubeconform"} else ""
            flags.append(f"-X {self.link_version}={prefix}{self.release}")
        return " ".join(flags)


def _kubernetes(name: str, estimate: int) -> Tool:
    """Describe a program of the Kubernetes repository itself."""
    return Tool(
        name,
        "kubernetes",
        "k8s.io/kubernetes",
        f"k8s.io/kubernetes/cmd/{name}",
        estimate,
        needed=True,
        version_args=("version", "--client") if name == "kubectl" else ("--version",),
        link_flags=_K8S_FLAGS,
    )


_PROMETHEUS = "github.com/prometheus/prometheus"
_PROMETHEUS_VERSION = "github.com/prometheus/common/version.Version"
_NO_CLOUDS = "remove_all_sd"  # the clients of all clouds take minutes to compile
# In the order of building: what lets the rest of `make up` start comes first.
TOOLS: tuple[Tool, ...] = (
    Tool(
        "pulumi",
        "pulumi",
        "github.com/pulumi/pulumi/pkg/v3",
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        630,
        needed=True,
        version_args=("version",),
        link_version="github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
    ),
    Tool(
        "opa",
        "kubernetes",
        "github.com/open-policy-agent/opa",
        "github.com/open-policy-agent/opa",
        130,
        needed=True,
        version_args=("version",),
        link_flags=_K8S_FLAGS,
    ),
    Tool(
        "etcd",
        "kubernetes",
        "go.etcd.io/etcd/server/v3",
        "go.etcd.io/etcd/server/v3",
        30,
        needed=True,
        version_args=("--version",),
        link_flags=_K8S_FLAGS,
    ),
    _kubernetes("kube-apiserver", 580),
    _kubernetes("kube-controller-manager", 165),
    _kubernetes("kube-scheduler", 13),
    _kubernetes("kubectl", 50),
    Tool(
        "kwok",
        "kubernetes",
        "sigs.k8s.io/kwok",
        "sigs.k8s.io/kwok/cmd/kwok",
        25,
        needed=True,
        version_args=("--version",),
        link_flags=_K8S_FLAGS,
    ),
    Tool(
        "metrics-server",
        "kubernetes",
        "sigs.k8s.io/metrics-server",
        "sigs.k8s.io/metrics-server/cmd/metrics-server",
        17,
        needed=True,
        link_flags=_K8S_FLAGS,
    ),
    Tool(
        "registry",
        "kubernetes",
        "github.com/distribution/distribution/v3",
        "github.com/distribution/distribution/v3/cmd/registry",
        120,
        needed=True,
        version_args=("--version",),
        link_flags=_K8S_FLAGS,
    ),
    Tool(
        "rollouts-controller",
        "kubernetes",
        "github.com/argoproj/argo-rollouts",
        "github.com/argoproj/argo-rollouts/cmd/rollouts-controller",
        130,
        needed=True,
        link_flags=_K8S_FLAGS,
        # It takes ports, not addresses; here nothing listens beyond loopback.
        edits=(Edit("controller/controller.go", '"0.0.0.0:%d"', '"127.0.0.1:%d"'),),
    ),
    Tool(
        "karpenter",
        "kubernetes",
        "sigs.k8s.io/karpenter",
        "sigs.k8s.io/karpenter/kwok",
        40,
        needed=True,
        link_flags=_K8S_FLAGS,
        edits=(Edit("pkg/operator/operator.go", 'fmt.Sprintf(":%d"', 'fmt.Sprintf("127.0.0.1:%d"'),),
    ),
    Tool(
        "prometheus-adapter",
        "prometheus-adapter",
        "sigs.k8s.io/prometheus-adapter",
        "sigs.k8s.io/prometheus-adapter/cmd/adapter",
        30,
        link_flags=_K8S_FLAGS,
        # Its last release is older than the library beneath it, whose servers end by a context now, and which has
        # descriptions of its types itself; what is left of a call's time, it counted the wrong way round.
        edits=(
            Edit("cmd/adapter/adapter.go", "if cmd.OpenAPIConfig == nil {", "if false {"),
            Edit("cmd/adapter/adapter.go", "if cmd.OpenAPIV3Config == nil {", "if false {"),
            Edit(
                "cmd/adapter/adapter.go",
                "stopCh := genericapiserver.SetupSignalHandler()",
                "ctx := genericapiserver.SetupSignalContext()\n\tstopCh := ctx.Done()",
            ),
            Edit("cmd/adapter/adapter.go", "cmd.Run(stopCh)", "cmd.Run(ctx)"),
            Edit("pkg/client/api.go", "time.Since(deadline)", "time.Until(deadline)"),
        ),
    ),
    Tool(
        "caddy",
        "caddy",
        "github.com/caddyserver/caddy/v2",
        "github.com/caddyserver/caddy/v2/cmd/caddy",
        215,
        needed=True,
        version_args=("version",),
        link_version="github.com/caddyserver/caddy/v2.CustomVersion",
    ),
    Tool(
        "prometheus",
        "prometheus",
        _PROMETHEUS,
        f"{_PROMETHEUS}/cmd/prometheus",
        235,
        needed=True,
        version_args=("--version",),
        link_version=_PROMETHEUS_VERSION,
        tags=_NO_CLOUDS,
    ),
    Tool(
        "promtool",
        "prometheus",
        _PROMETHEUS,
        f"{_PROMETHEUS}/cmd/promtool",
        25,
        version_args=("--version",),
        link_version=_PROMETHEUS_VERSION,
        tags=_NO_CLOUDS,
    ),
    Tool(
        "alertmanager",
        "alertmanager",
        "github.com/prometheus/alertmanager",
        "github.com/prometheus/alertmanager/cmd/alertmanager",
        80,
        needed=True,
        version_args=("--version",),
        link_version=_PROMETHEUS_VERSION,
    ),
    Tool(
        "gator",
        "kubernetes",
        "github.com/open-policy-agent/gatekeeper/v3",
        "github.com/open-policy-agent/gatekeeper/v3/cmd/gator",
        40,
        link_flags=_K8S_FLAGS,
    ),
    Tool(
        "conftest",
        "peers",
        "github.com/open-policy-agent/conftest",
        "github.com/open-policy-agent/conftest",
        90,
        version_args=("--version",),
        link_version="github.com/open-policy-agent/conftest/internal/version.Version",
    ),
    Tool(
        "kubeconform",
        "peers",
        "github.com/yannh/kubeconform",
        "github.com/yannh/kubeconform/cmd/kubeconform",
        4,
        version_args=("-v",),
        link_version="main.version",
    ),
    Tool(
        "kube-score",
        "kube-score",
        "github.com/zegl/kube-score",
        "github.com/zegl/kube-score/cmd/kube-score",
        45,
        version_args=("version",),
        link_version="main.version",
    ),
)


def tool(name: str) -> Tool:
    """Return the tool of that name, or say which ones there are."""
    known = {each.name: each for each in TOOLS}
    if name not in known:
        raise HeadgateError("no such tool", found=name, expected=", ".join(known), fix="headgate toolchain list")
    return known[name]


def needed() -> tuple[str, ...]:
    """Names of the tools that `make up` needs."""
    return tuple(candidate.name for candidate in TOOLS if candidate.needed)
