"""Three teams in one real region, as their stacks ask for them, and callers with real credentials of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from components.kubernetes.definitions import definitions
from headgate.sandbox.control import RegionEndpoints
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.kube.credentials import Credentials
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from headgate.stack import load_stack
from lint.manifests import PREFIX, without_nothing
from lint.stacks import rendered
from tests.component.region.steps import apply, exists, is_served, named, until

_OWN_KINDS = {"analysisruns", "analysistemplates", "rollouts", "scaledobjects", "servicemonitors"}

# An API server that has just been told of a kind begins to store it when it is first asked: until then it says to wait.
_PATIENCE = urllib3.Retry(
    total=10,
    connect=0,
    read=0,
    redirect=0,
    other=0,
    status_forcelist=(429,),
    allowed_methods=None,
    raise_on_status=False,
)
TEAMS = ("fraud", "vision", "assistant")
REGION = "uaenorth"


@dataclass(frozen=True)
class Caller:
    """Someone with credentials of the region's API server."""

    name: str
    credentials: Credentials
    pool: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        """Load the credentials."""
        object.__setattr__(self, "pool", urllib3.PoolManager(retries=_PATIENCE, ssl_context=self.credentials.context()))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, Any]:
        """Send one request; return status and answer."""
        sent = {"Accept": "application/json", "Content-Type": content_type, **(headers or {})}
        if self.credentials.token:
            sent["Authorization"] = f"Bearer {self.credentials.token}"
        url = f"{self.credentials.server}{path}{f'?{urlencode(query, doseq=True)}' if query else ''}"
        data = None if body is None else json.dumps(body)
        response = self.pool.request(method, url, body=data, headers=sent, timeout=20)
        return response.status, _decoded(response.data)


def _decoded(payload: bytes) -> Any:
    """Return an answer's document, or its text."""
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")


@dataclass(frozen=True)
class Team:
    """A team's namespace, and who it is."""

    name: str
    editor: Caller
    viewer: Caller
    pods: Caller

    @property
    def namespace(self) -> str:
        """Return its namespace."""
        return f"team-{self.name}"

    @property
    def callers(self) -> tuple[Caller, ...]:
        """Return everyone that belongs to the team."""
        return self.editor, self.viewer, self.pods


def tenancies() -> list[dict[str, Any]]:
    """Return the objects of the teams' tenancies in the region, as the program composes them for prod."""
    stacks = rendered()
    inputs = [
        each.inputs
        for team in TEAMS
        for each in stacks[f"{team}-prod"]
        if each.type.startswith(PREFIX) and each.name.startswith(f"tenancy-{REGION}-")
    ]
    return [without_nothing(each) for each in inputs]


@pytest.fixture(scope="session")
def administrator(region: RegionEndpoints) -> Caller:
    """Return who may do everything."""
    from headgate.sandbox.kube.credentials import read_kubeconfig

    return Caller("administrator", read_kubeconfig(Path(region.kubeconfig_path), None))


@pytest.fixture(scope="session")
def kinds(kube: KubeClient) -> Iterator[None]:
    """Have the API server know the kinds that teams' own models are made of."""
    known = [
        each
        for name in ("argo-rollouts", "azure-monitor", "keda")
        for each in definitions(name)
        if each["spec"]["names"]["plural"] in _OWN_KINDS
    ]
    apply(kube, *known)
    for each in known:
        until(lambda spec=each["spec"]: is_served(kube, spec))
    yield
    for each in known:
        kube.delete(each["apiVersion"], each["kind"], each["metadata"]["name"])


@pytest.fixture(scope="session")
def teams(
    kinds: None, kube: KubeClient, region: RegionEndpoints, sandbox: StateDir, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Team]]:
    """Lay out the three tenancies, each with a pod and a secret to look for."""
    documents = tenancies()
    namespaces = [each for each in documents if each["kind"] == "Namespace"]
    apply(kube, *namespaces, *(each for each in documents if each["kind"] != "Namespace"))
    folder = tmp_path_factory.mktemp("callers")
    clients = Authority.at(sandbox.region(region.cluster) / "pki", "unused: it exists")
    (folder / "ca.crt").write_text(region.ca)

    def person(team: str, level: str, group: str) -> Caller:
        pair = clients.client(f"{team}-{level}", f"{level}@{team}", groups=[group], directory=folder)
        credentials = Credentials(region.server, str(folder / "ca.crt"), str(pair.cert), str(pair.key), None)
        return Caller(f"{team}'s {level}or" if level == "edit" else f"{team}'s viewer", credentials)

    def pods(team: str) -> Caller:
        path = f"/api/v1/namespaces/team-{team}/serviceaccounts/models/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        token = kube.request("POST", path, body=request)["status"]["token"]
        return Caller(f"{team}'s pods", Credentials(region.server, str(folder / "ca.crt"), None, None, token))

    found = {}
    for name in TEAMS:
        groups = load_stack(f"{name}-prod").team.groups
        until(lambda name=name: exists(kube, "v1", "ServiceAccount", "models", f"team-{name}"))
        found[name] = Team(name, person(name, "edit", groups.edit[0]), person(name, "view", groups.view[0]), pods(name))
        until(lambda name=name: "hard" in kube.get("v1", "ResourceQuota", "quota", f"team-{name}").get("status", {}))
        apply(kube, small_pod("server", f"team-{name}"), secret("api-key", f"team-{name}"))
    yield found
    for name in TEAMS:
        kube.delete("v1", "Namespace", f"team-{name}")


def secret(name: str, namespace: str) -> dict[str, Any]:
    """Return a secret."""
    return named("Secret", name, namespace, stringData={"key": "hush"})


def small_pod(name: str, namespace: str, resources: Any = None, **spec: Any) -> dict[str, Any]:
    """Return a pod that Pod Security `restricted` admits."""
    container = {
        "name": "c",
        "image": "hgplatformprod.azurecr.io/runtimes/oip-server@sha256:" + "a" * 64,
        "resources": resources or {},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    body = {"serviceAccountName": "models", "containers": [container], **spec}
    return named("Pod", name, namespace, spec=body)
