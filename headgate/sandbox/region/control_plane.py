"""etcd, API server, controller-manager and scheduler of a region, as the supervisor starts them."""

from __future__ import annotations

from headgate.sandbox.process import HttpProbe, ProcessSpec
from headgate.sandbox.region.configuration import Configuration
from headgate.sandbox.region.context import SERVICE_RANGE, RegionContext
from headgate.sandbox.region.identities import Identities
from headgate.sandbox.toolchain import tool_path

# Two control planes share a laptop: the heap may grow by half, not double, before it is collected.
GO_MEMORY = {"GOGC": "50"}
# Of one file, and how many full ones stay: some hours of a busy region.
AUDIT_LOG_MEBIBYTES, AUDIT_LOG_FILES = 20, 9


def etcd(context: RegionContext) -> ProcessSpec:
    """Return the region's store. It syncs to disk: a region must survive a crash of the machine."""
    client, peer = "http://127.0.0.1:{port:client}", "http://127.0.0.1:{port:peer}"
    argv = (
        str(tool_path("etcd")),
        f"--name={context.cluster}",
        f"--data-dir={context.directory / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster={context.cluster}={peer}",
        "--auto-compaction-mode=periodic",
        "--auto-compaction-retention=15m",
        "--snapshot-count=10000",
        "--log-level=warn",
    )
    return ProcessSpec(
        name=context.process("etcd"),
        argv=argv,
        env=GO_MEMORY,
        ready=HttpProbe(f"{client}/health"),
        group=context.cluster,
    )


def apiserver(context: RegionContext, identities: Identities, configuration: Configuration) -> ProcessSpec:
    """Return the region's API server."""
    argv = (
        str(tool_path("kube-apiserver")),
        f"--etcd-servers=http://127.0.0.1:{context.ports['etcd']['client']}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        "--secure-port={port:https}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--authorization-mode=RBAC",
        f"--egress-selector-config-file={configuration.egress}",
        "--default-not-ready-toleration-seconds=30",
        "--default-unreachable-toleration-seconds=30",
        "--profiling=false",
        *authentication(context, identities),
        *kubelet_access(identities),
        *auditing(configuration),
    )
    return ProcessSpec(
        name=context.process("kube-apiserver"),
        argv=argv,
        env=GO_MEMORY,
        ready=HttpProbe("https://127.0.0.1:{port:https}/readyz", ca=str(identities.ca)),
        group=context.cluster,
        # It holds no state of its own, and would wait up to a minute for any client that keeps a watch open.
        grace=1.5,
    )


def authentication(context: RegionContext, identities: Identities) -> tuple[str, ...]:
    """Return who may call the API server: client certificates, service accounts, and itself for aggregated APIs."""
    return (
        f"--cert-dir={context.pki}",
        f"--tls-cert-file={identities.apiserver.cert}",
        f"--tls-private-key-file={identities.apiserver.key}",
        "--tls-min-version=VersionTLS12",
        f"--client-ca-file={identities.client_ca}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={identities.service_account_public}",
        f"--service-account-signing-key-file={identities.service_account_key}",
        f"--requestheader-client-ca-file={identities.client_ca}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={identities.front_proxy.cert}",
        f"--proxy-client-key-file={identities.front_proxy.key}",
    )


def kubelet_access(identities: Identities) -> tuple[str, ...]:
    """Return how the API server reaches the simulated kubelets, for logs and metrics."""
    return (
        f"--kubelet-certificate-authority={identities.ca}",
        f"--kubelet-client-certificate={identities.kubelet_client.cert}",
        f"--kubelet-client-key={identities.kubelet_client.key}",
        "--kubelet-preferred-address-types=InternalIP",
    )


def auditing(configuration: Configuration) -> tuple[str, ...]:
    """Return the audit log, written before a request is answered; how much of it waits for a collector that is away."""
    return (
        f"--audit-policy-file={configuration.audit_policy}",
        f"--audit-log-path={configuration.audit_log}",
        "--audit-log-mode=blocking",
        f"--audit-log-maxsize={AUDIT_LOG_MEBIBYTES}",
        f"--audit-log-maxbackup={AUDIT_LOG_FILES}",
    )


def controller_manager(context: RegionContext, identities: Identities) -> ProcessSpec:
    """Return the controllers, tuned so that a demonstration does not wait for production's patience."""
    kubeconfig = context.kubeconfig("kube-controller-manager")
    argv = (
        str(tool_path("kube-controller-manager")),
        f"--kubeconfig={kubeconfig}",
        *serving(identities),
        f"--client-ca-file={identities.client_ca}",
        f"--service-account-private-key-file={identities.service_account_key}",
        f"--root-ca-file={identities.ca}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--horizontal-pod-autoscaler-sync-period=5s",
        "--horizontal-pod-autoscaler-downscale-stabilization=30s",
        "--horizontal-pod-autoscaler-initial-readiness-delay=5s",
        "--horizontal-pod-autoscaler-cpu-initialization-period=15s",
        "--profiling=false",
    )
    return ProcessSpec(
        name=context.process("kube-controller-manager"),
        argv=argv,
        env=GO_MEMORY,
        ready=HttpProbe("https://127.0.0.1:{port:https}/healthz", ca=str(identities.ca)),
        group=context.cluster,
    )


def scheduler(context: RegionContext, identities: Identities) -> ProcessSpec:
    """Return the scheduler."""
    argv = (
        str(tool_path("kube-scheduler")),
        f"--kubeconfig={context.kubeconfig('kube-scheduler')}",
        *serving(identities),
        "--leader-elect=false",
        "--profiling=false",
    )
    return ProcessSpec(
        name=context.process("kube-scheduler"),
        argv=argv,
        env=GO_MEMORY,
        ready=HttpProbe("https://127.0.0.1:{port:https}/healthz", ca=str(identities.ca)),
        group=context.cluster,
    )


def serving(identities: Identities) -> tuple[str, ...]:
    """Return where a component serves its health, with the certificate for this machine's loopback names."""
    return (
        "--bind-address=127.0.0.1",
        "--secure-port={port:https}",
        f"--tls-cert-file={identities.kubelet.cert}",
        f"--tls-private-key-file={identities.kubelet.key}",
    )
