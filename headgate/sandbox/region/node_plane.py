"""What stands in for a region's machines: simulated kubelets, their metrics, egress, workloads and data plane."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from headgate.sandbox.process import HttpProbe, ProcessSpec, TcpProbe
from headgate.sandbox.region.configuration import Configuration
from headgate.sandbox.region.context import RegionContext
from headgate.sandbox.region.control_plane import GO_MEMORY
from headgate.sandbox.region.identities import Identities
from headgate.sandbox.toolchain import tool_path

DATAPLANE = "headgate.sandbox.dataplane"


def kwok(context: RegionContext, identities: Identities, configuration: Configuration) -> ProcessSpec:
    """Return the simulated kubelets of every node, which serve logs and usage on one loopback port."""
    argv = (
        str(tool_path("kwok")),
        f"--kubeconfig={context.kubeconfig('kwok')}",
        f"--config={configuration.stages}",
        "--manage-all-nodes=true",
        "--node-ip=127.0.0.1",
        "--node-port={port:https}",
        "--server-address=127.0.0.1:{port:https}",
        f"--tls-cert-file={identities.kubelet.cert}",
        f"--tls-private-key-file={identities.kubelet.key}",
        f"--cidr=10.{64 + context.number % 32}.128.1/17",
        "--node-lease-duration-seconds=40",
    )
    return ProcessSpec(
        name=context.process("kwok"),
        argv=argv,
        env=GO_MEMORY,
        ready=HttpProbe("https://127.0.0.1:{port:https}/healthz", ca=str(identities.ca)),
        group=context.cluster,
    )


def metrics_server(context: RegionContext, identities: Identities) -> ProcessSpec:
    """Return the metrics server, which scrapes the simulated kubelets and serves `kubectl top` and the autoscaler."""
    kubeconfig = context.kubeconfig("metrics-server")
    argv = (
        str(tool_path("metrics-server")),
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--requestheader-client-ca-file={identities.client_ca}",
        "--requestheader-allowed-names=front-proxy-client",
        "--bind-address=127.0.0.1",
        "--secure-port={port:https}",
        f"--tls-cert-file={identities.metrics_server.cert}",
        f"--tls-private-key-file={identities.metrics_server.key}",
        f"--kubelet-certificate-authority={identities.ca}",
        "--kubelet-use-node-status-port",
        "--kubelet-preferred-address-types=InternalIP",
        # The resolution must exceed the time that a scrape may take.
        "--metric-resolution=10s",
        "--kubelet-request-timeout=5s",
    )
    return ProcessSpec(
        name=context.process("metrics-server"),
        argv=argv,
        env=GO_MEMORY,
        ready=HttpProbe("https://127.0.0.1:{port:https}/livez", ca=str(identities.ca)),
        group=context.cluster,
    )


def egress(context: RegionContext) -> ProcessSpec:
    """Return the proxy through which the API server and workloads reach real processes."""
    return ProcessSpec(
        name=context.process("egress"),
        argv=(sys.executable, "-m", "headgate.sandbox.egress", *own(context), "--port={port:proxy}"),
        ready=TcpProbe("127.0.0.1:{port:proxy}"),
        group=context.cluster,
    )


def workloads(context: RegionContext) -> ProcessSpec:
    """Return the runner of the workloads that are real programs."""
    return ProcessSpec(
        name=context.process("workloads"),
        argv=(sys.executable, "-m", "headgate.sandbox.workloads", *own(context)),
        group=context.cluster,
    )


def dataplane(context: RegionContext) -> ProcessSpec | None:
    """Return the data plane, where this installation has one."""
    if find_spec(DATAPLANE) is None:
        return None
    argv = (
        sys.executable,
        "-m",
        DATAPLANE,
        f"--state={context.state.root}",
        f"--cluster={context.cluster}",
        f"--location={context.spec.location}",
        f"--kubeconfig={context.kubeconfig('dataplane')}",
        "--http-port={port:http}",
        "--https-port={port:https}",
        "--grpc-port={port:grpc}",
    )
    return ProcessSpec(
        name=context.process("dataplane"),
        argv=argv,
        ready=HttpProbe("http://127.0.0.1:{port:http}/healthz"),
        group=context.cluster,
    )


def own(context: RegionContext) -> tuple[str, ...]:
    """Return how our own processes are told which region they serve: `<region>/region.json` holds the rest."""
    return (f"--state={context.state.root}", f"--cluster={context.cluster}")
