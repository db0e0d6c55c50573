"""A real region: control plane, simulated nodes, and what survives which death."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from headgate.sandbox import network
from headgate.sandbox.azure.counterparts.scraping import targets_of
from headgate.sandbox.control import Control, RegionEndpoints, RegionSpec, State
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.kube.credentials import Credentials
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from headgate.sandbox.toolchain import tool_path
from tests.component.region.steps import apply, is_ready, named, pod, process, until

pytestmark = pytest.mark.component

VOLUMES = "sandbox.headgate.dev/volumes"


def test_kubectl_works_with_the_region_s_kubeconfig(region: RegionEndpoints) -> None:
    """As its administrator; the file is private and trusts the sandbox's CA alone."""
    kubectl = (str(tool_path("kubectl")), "--kubeconfig", region.kubeconfig_path)
    answer = subprocess.run([*kubectl, "auth", "can-i", "*", "*"], capture_output=True, text=True, check=False)

    assert answer.stdout.strip() == "yes"
    assert stat.S_IMODE(Path(region.kubeconfig_path).stat().st_mode) == 0o600


def test_every_key_of_the_region_is_private(sandbox: StateDir, region: RegionEndpoints) -> None:
    """Keys, kubeconfigs and audit logs are 0600."""
    directory = sandbox.region(region.cluster)
    kept = [*directory.rglob("*.key"), *directory.glob("kubeconfigs/*"), sandbox.audit_log(region.cluster)]

    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_who_measures_an_api_server_reads_its_figures_and_nothing_else(
    sandbox: StateDir, control: Control, region: RegionEndpoints
) -> None:
    """By the certificate that the workspace's Prometheus is given, and by Kubernetes' own role for it."""
    targets = targets_of(sandbox, control, {region.cluster: region.location})
    (target,) = [each for each in targets if each.job == "apiserver"]
    context = ssl.create_default_context(cafile=target.ca)
    context.load_cert_chain(*target.pair)

    def asked(path: str) -> tuple[int, str]:
        connection = http.client.HTTPSConnection(*target.address.split(":"), context=context, timeout=10)  # type: ignore[arg-type]
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    assert "apiserver_audit_event_total" in asked("/metrics")[1]
    assert asked("/api/v1/secrets")[0] == 403


def test_a_stranger_is_let_in_nowhere(region: RegionEndpoints, tmp_path: Path) -> None:
    """Without a certificate a caller is anonymous, and a certificate of another authority is refused."""
    ca = tmp_path / "ca.crt"
    ca.write_text(region.ca)
    other = Authority.at(tmp_path / "other", "Headgate region other client CA").client("admin", "x", ["system:masters"])
    found = []
    for cert, key in ((None, None), (str(other.cert), str(other.key))):
        with pytest.raises(KubeError) as caught:
            KubeClient(Credentials(region.server, str(ca), cert, key, None)).list("v1", "Secret")
        found.append(caught.value.status)

    assert found == [403, 401]


def test_a_region_takes_less_memory_than_promised(control: Control, region: RegionEndpoints) -> None:
    """900 MB for everything that it runs."""
    status = next(each for each in control.regions() if each.cluster == region.cluster)

    assert 0 < status.memory < 900 * 1024 * 1024


def test_a_region_that_runs_is_left_alone(control: Control, region: RegionEndpoints) -> None:
    """Ensuring it again changes no process and no address."""
    before = {each.name: each.pid for each in control.processes(region.cluster)}

    assert control.ensure_region(RegionSpec(region.cluster, region.location)) == region
    assert {each.name: each.pid for each in control.processes(region.cluster)} == before


def test_a_pod_is_scheduled_and_ready(kube: KubeClient, namespace: str) -> None:
    """By the real scheduler, on a simulated node."""
    apply(kube, pod("plain", namespace))

    until(lambda: is_ready(kube, namespace, "plain"))
    nodes = {node["metadata"]["name"] for node in kube.list("v1", "Node")["items"]}
    assert kube.get("v1", "Pod", "plain", namespace)["spec"]["nodeName"] in nodes


def test_a_pod_with_an_image_volume_waits_for_its_model(kube: KubeClient, namespace: str) -> None:
    """The reason of a failed pull shows as a kubelet shows it; ready it is only once the volume is."""
    volume = {"name": "model", "image": {"reference": "hg.azurecr.io/models/fraud/score@sha256:" + "a" * 64}}
    apply(kube, pod("model", namespace, volumes=[volume]))

    def waiting() -> dict[str, Any]:
        status = kube.get("v1", "Pod", "model", namespace).get("status", {})
        return next(iter(status.get("containerStatuses", [])), {}).get("state", {}).get("waiting") or {}

    # The region's data plane looks for the registry in the network map, and there is none.
    until(lambda: waiting().get("reason") == "ErrImagePull" and "hg.azurecr.io" in waiting().get("message", ""))
    assert not is_ready(kube, namespace, "model")

    body = {"metadata": {"annotations": {VOLUMES: "ready", f"{VOLUMES}-message": None}}}
    kube.patch("v1", "Pod", "model", body, namespace=namespace)
    until(lambda: is_ready(kube, namespace, "model"))


def test_usage_reaches_the_metrics_api(kube: KubeClient, namespace: str) -> None:
    """From the pod's annotation through simulated kubelet, metrics server, aggregation layer and egress proxy."""
    apply(kube, pod("busy", namespace))
    note = {"metadata": {"annotations": {"kwok.x-k8s.io/usage-cpu": "700m", "kwok.x-k8s.io/usage-memory": "64Mi"}}}
    kube.patch("v1", "Pod", "busy", note, namespace=namespace)

    def usage() -> dict[str, str]:
        try:
            found = kube.get("metrics.k8s.io/v1beta1", "PodMetrics", "busy", namespace)
        except KubeError:
            return {}
        return dict(found["containers"][0]["usage"])

    until(lambda: usage().get("memory") == "64Mi" or usage().get("memory") == "65536Ki")


def test_every_node_says_where_its_usage_is(kube: KubeClient) -> None:
    """Those that an autoscaler makes do not; what is ready and says nothing would not be asked for minutes."""
    names = [f"silent-{number}" for number in range(3)]
    for name in names:
        apply(kube, named("Node", name, metadata={"annotations": {"kwok.x-k8s.io/node": "fake"}}))

    def paths() -> list[str | None]:
        notes = [kube.get("v1", "Node", name)["metadata"].get("annotations", {}) for name in names]
        return [each.get("metrics.k8s.io/resource-metrics-path") for each in notes]

    until(lambda: paths() == [f"/metrics/nodes/{name}/metrics/resource" for name in names])
    for name in names:
        kube.delete("v1", "Node", name)


@pytest.mark.parametrize("name", ["etcd", "kube-apiserver"])
def test_a_killed_control_plane_comes_back_with_its_data(
    kube: KubeClient, region: RegionEndpoints, control: Control, name: str
) -> None:
    """On the same address, with what was acknowledged."""
    apply(kube, named("ConfigMap", f"kept-{name}", "default", data={"a": "b"}))
    before = process(control, f"/{name}")
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: process(control, f"/{name}").restarts > before.restarts)

    def answers() -> bool:
        try:
            return kube.get("v1", "ConfigMap", f"kept-{name}", "default")["data"] == {"a": "b"}
        except KubeError:
            return False

    until(answers)
    until(lambda: next(each for each in control.regions() if each.cluster == region.cluster).state is State.READY)
    kube.delete("v1", "ConfigMap", f"kept-{name}", "default")


def test_the_audit_log_says_who_did_what(kube: KubeClient, region: RegionEndpoints, sandbox: StateDir) -> None:
    """Writes with their requests; Secrets without."""
    apply(kube, named("ConfigMap", "audited", "default", data={"a": "b"}))
    apply(kube, named("Secret", "audited", "default", stringData={"password": "hunter2-in-clear"}))
    path = sandbox.audit_log(region.cluster)

    def events() -> list[dict[str, Any]]:
        return [json.loads(line) for line in path.read_text().splitlines() if '"audited"' in line]

    until(lambda: {event["objectRef"]["resource"] for event in events()} >= {"configmaps", "secrets"})
    assert {event["user"]["username"] for event in events()} == {"kubernetes-admin"}
    leaking = [line for line in path.read_text().splitlines() if "hunter2-in-clear" in line]
    assert not leaking
    for kind in ("ConfigMap", "Secret"):
        kube.delete("v1", kind, "audited", "default")


def test_a_deleted_region_leaves_nothing(control: Control, sandbox: StateDir) -> None:
    """No process, no data, no logs, no map entries; and its ports are free for the next."""
    gone = control.ensure_region(RegionSpec("aks-component-gone", "westeurope"))
    pids = [each.pid for each in control.processes("aks-component-gone")]
    network.publish(sandbox, "aks-component-gone-loadbalancers", {"10.64.2.10:80": "127.0.0.1:1"})
    control.delete_region("aks-component-gone")
    control.delete_region("aks-component-gone")

    assert not Path(gone.kubeconfig_path).parent.exists()
    assert not (sandbox.logs / "aks-component-gone").exists()
    assert control.processes("aks-component-gone") == []
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
    assert network.resolve(sandbox, "10.64.2.10", 80) is None
    assert "aks-component-gone" not in (sandbox.supervisor / "desired.json").read_text()
    assert "aks-component-gone" not in (sandbox.supervisor / "ports.json").read_text()
