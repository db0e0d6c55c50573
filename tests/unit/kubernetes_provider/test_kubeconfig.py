"""Which cluster a provider means, whether it is a sandbox, and what its arguments say."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.providers.kubernetes.guard import require_sandbox
from headgate.sandbox.providers.kubernetes.kubeconfig import read_target
from headgate.sandbox.providers.kubernetes.settings import Settings, config_changes, config_failures
from headgate.sandbox.providers.protocol.values import UNKNOWN, Secret

pytestmark = pytest.mark.unit

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


def kubeconfig(server: str = "https://127.0.0.1:6443", name: str = "aks", authority: str = PEM) -> str:
    """Return a kubeconfig document."""
    data = base64.b64encode(authority.encode()).decode()
    return yaml.safe_dump(
        {
            "current-context": "main",
            "contexts": [
                {"name": "main", "context": {"cluster": name, "user": "admin", "namespace": "team"}},
                {"name": "other", "context": {"cluster": "second", "user": "admin"}},
            ],
            "clusters": [
                {"name": name, "cluster": {"server": server, "certificate-authority-data": data}},
                {"name": "second", "cluster": {"server": "https://127.0.0.1:7443"}},
            ],
            "users": [{"name": "admin", "user": {"token": "t"}}],
        }
    )


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    """Make a state directory with a certificate authority."""
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "ca.crt").write_text(f"# issued by test\n{PEM}\n")
    return StateDir(tmp_path)


def test_the_context_and_the_overrides_choose(tmp_path: Path) -> None:
    """Current context, named context and named cluster each win over the one before; a path works like content."""
    path = tmp_path / "config"
    path.write_text(kubeconfig())

    found = [read_target(str(path)), read_target(kubeconfig(), "other"), read_target(kubeconfig(), None, "second")]

    assert [(item.cluster, item.server, item.namespace) for item in found] == [
        ("aks", "https://127.0.0.1:6443", "team"),
        ("second", "https://127.0.0.1:7443", "default"),
        ("second", "https://127.0.0.1:7443", "team"),
    ]
    assert yaml.safe_load(found[2].document)["contexts"][0]["context"]["cluster"] == "second"


def test_a_list_of_files_is_merged(tmp_path: Path) -> None:
    """KUBECONFIG may name several files: the first current context counts, and every file's clusters are known."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text(kubeconfig())
    second.write_text(kubeconfig("https://127.0.0.1:8443", "aks2").replace("main", "two"))

    files = f"{first}:{tmp_path / 'missing'}:{second}"

    assert (read_target(files).cluster, read_target(files, "two").cluster) == ("aks", "aks2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [\nb: c\n", "no YAML document"),
        ("- a\n- b\n", "no YAML mapping"),
        ("current-context: x\nclusters: []\n", "no context 'x'"),
        ("/nowhere/at/all", "no file /nowhere"),
    ],
)
def test_a_kubeconfig_that_names_no_cluster_is_explained(text: str, message: str) -> None:
    """The error says what is missing, and never quotes the document."""
    with pytest.raises(HeadgateError) as caught:
        read_target(text)

    assert message in str(caught.value.found)


@pytest.mark.parametrize("server", ["https://127.0.0.1:6443", "https://localhost:6443", "https://[::1]:6443"])
def test_a_region_of_the_sandbox_is_accepted(state: StateDir, server: str) -> None:
    """A loopback server under the state's authority is the sandbox."""
    require_sandbox(read_target(kubeconfig(server)), state)


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (kubeconfig("https://aks.example.com"), "not on this machine"),
        (kubeconfig("https://10.0.0.1:6443"), "not on this machine"),
        (kubeconfig(authority=PEM.replace("AAAA", "BBBB")), "another certificate authority"),
        (kubeconfig(authority=PEM + "\n" + PEM.replace("AAAA", "BBBB")), "another certificate authority"),
    ],
)
def test_anything_else_is_refused(state: StateDir, config: str, found: str) -> None:
    """Another machine and another authority are refused."""
    with pytest.raises(HeadgateError, match="works only against a sandbox") as caught:
        require_sandbox(read_target(config), state)

    assert found in str(caught.value)


def test_without_a_sandbox_nothing_is_accepted(tmp_path: Path) -> None:
    """A state directory without an authority accepts no cluster."""
    with pytest.raises(HeadgateError, match="no certificate authority of a sandbox"):
        require_sandbox(read_target(kubeconfig()), StateDir(tmp_path))


def replaced(old: dict[str, Any], new: dict[str, Any]) -> dict[str, bool]:
    """Return changed arguments and whether they replace the provider."""
    return {str(item.path[0]): item.replace for item in config_changes(old, new)}


def test_only_another_cluster_replaces_the_provider() -> None:
    """A moved port or a new token is the same cluster; another name, authority or an unknown is not."""
    old = {"kubeconfig": Secret(kubeconfig())}

    assert replaced(old, {"kubeconfig": kubeconfig("https://127.0.0.1:9999")}) == {"kubeconfig": False}
    assert replaced(old, {"kubeconfig": kubeconfig(name="aks2")}) == {"kubeconfig": True}
    assert replaced(old, {"kubeconfig": kubeconfig(authority=PEM.replace("AAAA", "BBBB"))}) == {"kubeconfig": True}
    assert replaced(old, {"kubeconfig": UNKNOWN}) == {"kubeconfig": True}
    assert replaced(old, {**old, "namespace": "x"}) == {"namespace": False}
    assert replaced(old, old) == {}


def test_a_cluster_identifier_alone_decides() -> None:
    """With clusterIdentifier set, only its change replaces."""
    old = {"kubeconfig": kubeconfig(), "clusterIdentifier": "one"}

    assert replaced(old, {**old, "kubeconfig": kubeconfig(name="aks2")}) == {"kubeconfig": False}
    assert replaced(old, {**old, "clusterIdentifier": "two"}) == {"clusterIdentifier": True}


def test_switches_come_from_arguments_then_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument wins over the environment, which wins over the default."""
    monkeypatch.setenv("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", "true")
    monkeypatch.setenv("PULUMI_K8S_ENABLE_PATCH_FORCE", "true")
    monkeypatch.setenv("HEADGATE_PLAN_ONLY", "1")

    found = Settings.from_arguments({"enablePatchForce": False, "kubeconfig": Secret("k"), "namespace": ""})

    assert found == Settings(kubeconfig="k", config_map_mutable=True, plan_only=True)


def test_arguments_that_the_stand_in_can_not_honour_are_named() -> None:
    """Rendering to files and client-side apply are refused, each by its property."""
    found = config_failures({"renderYamlToDirectory": "out", "enableServerSideApply": "false"})

    assert [name for name, _ in found] == ["renderYamlToDirectory", "enableServerSideApply"]
    assert config_failures({"kubeconfig": UNKNOWN}) == []
