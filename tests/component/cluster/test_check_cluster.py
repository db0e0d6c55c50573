"""`headgate check --cluster`: what runs in a real cluster, judged whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.kubernetes.definitions import definitions
from headgate.policy.bundle import CHECKOUT
from headgate.sandbox.control import RegionEndpoints
from headgate.sandbox.kube import KubeClient
from tests.component.region.steps import apply, is_served, named, until

pytestmark = pytest.mark.component

NAMESPACE = "team-audited"
LABELS = {
    f"headgate.dev/{name}": value
    for name, value in (
        ("owner", "a"),
        ("team", "audited"),
        ("cost-center", "a"),
        ("environment", "sandbox"),
        ("commit", "unrecorded"),
        ("change", "unrecorded"),
    )
}
DIGEST = "sha256:" + "0123456789abcdef" * 4
PROBE = {"httpGet": {"path": "/", "port": 8080}}
CONTAINER = {
    "name": "c",
    "image": f"hgplatformsandbox.azurecr.io/runtimes/a@{DIGEST}",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    },
    "resources": {name: {"cpu": "10m", "memory": "16Mi"} for name in ("requests", "limits")},
    **{f"{kind}Probe": PROBE for kind in ("startup", "readiness", "liveness")},
}
MAPS = 600


def spec(**container: Any) -> dict[str, Any]:
    """Return what a pod is asked to be; nothing is wrong with it but what a test says."""
    return {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{**CONTAINER, **container}],
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app": "a"}},
            }
        ],
    }


def deployment(name: str, **container: Any) -> dict[str, Any]:
    """Return a Deployment of one pod."""
    labels = {**LABELS, "app": name}
    template = {"metadata": {"labels": labels}, "spec": spec(**container)}
    wanted = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    return named("Deployment", name, NAMESPACE, "apps/v1", metadata={"labels": labels}, spec=wanted)


@pytest.fixture(scope="module")
def filled(kube: KubeClient) -> Iterator[None]:
    """Fill a team's namespace; the last of many ConfigMaps holds a password."""
    apply(kube, named("Namespace", NAMESPACE, metadata={"labels": LABELS}))
    until(lambda: bool(kube.list("v1", "ServiceAccount", NAMESPACE)["items"]))
    bad = deployment("bad", image="nginx:1")
    apply(kube, deployment("good"), bad)
    bare = named("Pod", "bare", NAMESPACE, metadata={"labels": LABELS}, spec=spec(image="docker.io/evil/miner:latest"))
    apply(kube, bare, named("Service", "open", NAMESPACE, spec={"type": "NodePort", "ports": [{"port": 80}]}))
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps"

    def make(index: int) -> None:
        data = {"password": "hunter2-hunter2"} if index == MAPS - 1 else {"a": "b"}
        kube.request("POST", path, body=named("ConfigMap", f"map-{index:03}", NAMESPACE, data=data))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(MAPS)))
    until(lambda: len(kube.list("v1", "Pod", NAMESPACE)["items"]) == len(("good", "bad", "bare")))
    yield
    kube.delete("v1", "Namespace", NAMESPACE)


Check = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Return the command, with a ledger of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "headgate.cli.main", "check", "--environment", "sandbox", *arguments]
        environment = {**os.environ, "HEADGATE_LEDGER": str(tmp_path / "ledger")}
        return subprocess.run(
            command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    return run


def found_in(report: str) -> set[tuple[str, str]]:
    """Return rule and resource of each finding in the team's namespace."""
    results = json.loads(report)["results"]
    return {(each["rule"], each["resource"]) for each in results if f"/{NAMESPACE}/" in each["resource"]}


@pytest.mark.usefixtures("filled")
def test_what_runs_is_judged_as_admission_would(region: RegionEndpoints, check: Check) -> None:
    """All of it, over as many pages as it takes; what a controller made has its findings there, once."""
    done = check("--cluster", region.kubeconfig_path, "--json")
    bad = f"apps/v1/Deployment/{NAMESPACE}/bad"
    bare = f"v1/Pod/{NAMESPACE}/bare"

    assert done.returncode == 1, done.stderr
    assert found_in(done.stdout) == {
        *((rule, each) for rule in ("HG-SC-001", "HG-SC-002") for each in (bad, bare)),
        ("HG-NW-003", f"v1/Service/{NAMESPACE}/open"),
        ("HG-ID-003", f"v1/ConfigMap/{NAMESPACE}/map-{MAPS - 1}"),
    }
    report = json.loads(done.stdout)
    assert (report["gate"], report["environment"], report["resources"] > MAPS) == ("A", "sandbox", True)


@pytest.mark.usefixtures("filled")
def test_the_reports_for_a_clusters_dashboards_are_kept_as_they_are_written(
    region: RegionEndpoints, kube: KubeClient, check: Check
) -> None:
    """By an API server that knows the kinds as ClusterBaseline makes them known: no field is refused or dropped."""
    kinds = definitions("policy-report")
    done = check("--cluster", region.kubeconfig_path, "--only", "HG-NW-003", "--format", "policy-report")
    assert done.returncode == 1, done.stderr
    reports = json.loads(done.stdout)["items"]
    apply(kube, *kinds)
    try:
        for each in kinds:
            until(lambda spec=each["spec"]: is_served(kube, spec))
        apply(kube, *reports)
        kept = [_found(kube, each) for each in reports]
    finally:
        for each in kinds:
            kube.delete(each["apiVersion"], each["kind"], each["metadata"]["name"])
    found = {row["policy"] for each in reports for row in each["results"]}

    assert (found, {each["kind"] for each in reports}) == ({"HG-NW-003"}, {"PolicyReport"})
    assert [(each["summary"], each["results"]) for each in kept] == [
        (each["summary"], each["results"]) for each in reports
    ]


def _found(kube: KubeClient, report: dict[str, Any]) -> dict[str, Any]:
    metadata = report["metadata"]
    return kube.get(report["apiVersion"], report["kind"], metadata["name"], metadata.get("namespace"))


@pytest.mark.usefixtures("filled")
def test_a_kind_that_may_not_be_listed_is_no_verdict(
    region: RegionEndpoints, kube: KubeClient, check: Check, tmp_path: Path
) -> None:
    """It is named, with the verb; rules that need other kinds alone can be judged by themselves."""
    apply(
        kube,
        named("ServiceAccount", "auditor", NAMESPACE),
        named(
            "ClusterRole",
            "audited-services",
            version="rbac.authorization.k8s.io/v1",
            rules=[{"apiGroups": [""], "resources": ["services"], "verbs": ["list"]}],
        ),
        named(
            "ClusterRoleBinding",
            "audited-services",
            version="rbac.authorization.k8s.io/v1",
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "audited-services"},
            subjects=[{"kind": "ServiceAccount", "name": "auditor", "namespace": NAMESPACE}],
        ),
    )
    try:
        path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/auditor/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        config = yaml.safe_load(Path(region.kubeconfig_path).read_text())
        config["users"][0]["user"] = {"token": kube.request("POST", path, body=body)["status"]["token"]}
        file = tmp_path / "auditor"
        file.write_text(yaml.safe_dump(config))
        whole, services = check("--cluster", str(file)), check("--cluster", str(file), "--only", "HG-NW-003", "--json")
    finally:
        for kind in ("ClusterRoleBinding", "ClusterRole"):
            kube.delete("rbac.authorization.k8s.io/v1", kind, "audited-services")

    assert (whole.returncode, whole.stdout) == (2, "")
    assert "the verb `list` on " in whole.stderr
    assert (services.returncode, found_in(services.stdout)) == (
        1,
        {("HG-NW-003", f"v1/Service/{NAMESPACE}/open")},
    ), services.stderr


def test_roles_of_kubernetes_own_are_told_of_once_somebody_changes_them(
    region: RegionEndpoints, kube: KubeClient, check: Check
) -> None:
    """As an API server brings them they are nobody's doing; with one right more, or one who holds them, they are."""
    version = "rbac.authorization.k8s.io/v1"
    right = {"apiGroups": ["*"], "resources": ["pods"], "verbs": ["get"]}
    brought = [("ClusterRole", "system:heapster"), ("ClusterRoleBinding", "cluster-admin")]
    role, holders = (kube.get(version, kind, name) for kind, name in brought)
    for each in (role, holders):
        each["metadata"] = {part: each["metadata"][part] for part in ("name", "labels", "annotations")}
    more = [*holders["subjects"], {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve"}]

    def told() -> set[str]:
        report = json.loads(check("--cluster", region.kubeconfig_path, "--only", "HG-ID-001", "--json").stdout)
        ids = {each["resource"].removeprefix(f"{version}/") for each in report["results"]}
        return {each for each in ids if each.split("/")[1].startswith(("system:", "cluster-admin", "admin", "edit"))}

    before = told()
    try:
        apply(kube, {**role, "rules": [*role["rules"], right]}, {**holders, "subjects": more})
        changed = told()
    finally:
        apply(kube, role, holders)

    assert before == set()
    assert changed == {"/".join(each) for each in brought}
    assert told() == set()


def test_flows_of_kubernetes_own_are_told_of_once_somebody_takes_them_over(
    region: RegionEndpoints, kube: KubeClient, check: Check
) -> None:
    """What the API server keeps as it is is nobody's doing; what it was told to leave alone, and a new one, are."""
    version = "flowcontrol.apiserver.k8s.io/v1"
    kept = kube.get(version, "FlowSchema", "service-accounts")
    annotation = "apf.kubernetes.io/autoupdate-spec"
    first = {"apiVersion": version, "kind": "FlowSchema", "metadata": {"name": "first"}, "spec": kept["spec"]}

    def told() -> set[str]:
        report = json.loads(check("--cluster", region.kubeconfig_path, "--only", "HG-TN-003", "--json").stdout)
        ids = {each["resource"] for each in report["results"]}
        return {each.removeprefix(f"{version}/FlowSchema/") for each in ids if each.startswith(version)}

    def annotated(said: str) -> dict[str, Any]:
        return {**first, "metadata": {"name": "service-accounts", "annotations": {annotation: said}}}

    before = told()
    try:
        apply(kube, first, annotated("false"))
        changed = told()
    finally:
        apply(kube, annotated("true"))
        kube.delete(version, "FlowSchema", "first")

    assert kept["metadata"]["annotations"][annotation] == "true"
    assert (before, changed, told()) == (set(), {"first", "service-accounts"}, set())
