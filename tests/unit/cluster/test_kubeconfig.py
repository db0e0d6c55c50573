"""What a kubeconfig says of a cluster and of who asks; what it says and is not understood is no connection."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from headgate.cluster.kubeconfig import Connection, connection
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit

SERVER = "https://127.0.0.1:6443"


def encoded(text: str) -> str:
    """Return a text as kubeconfigs hold it."""
    return base64.b64encode(text.encode()).decode()


def written(path: Path, user: dict[str, Any], **cluster: Any) -> Path:
    """Write a kubeconfig of one context, `here`."""
    document = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": SERVER + "/", **cluster}}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(document))
    return path


def test_certificates_stand_in_the_file_or_beside_it(tmp_path: Path) -> None:
    """Relative to the kubeconfig, as kubectl reads them."""
    (tmp_path / "ca.crt").write_text("CA")
    user = {"client-certificate-data": encoded("CERT"), "client-key-data": encoded("KEY")}
    more = {"certificate-authority": "ca.crt", "tls-server-name": "api"}
    file = written(tmp_path / "config", user, **more)

    assert connection(str(file)) == Connection("here", SERVER, "CA", "api", "CERT", "KEY")


def test_a_context_is_sought_in_the_users_own_files(tmp_path: Path) -> None:
    """In the order of KUBECONFIG; a file that is not there is passed over."""
    (tmp_path / "token").write_text("T\n")
    first = written(tmp_path / "one", {"tokenFile": "token"})
    second = written(tmp_path / "two", {"token": "other"})
    listed = {"KUBECONFIG": f"{tmp_path / 'none'}:{first}:{second}"}

    assert connection("here", listed) == Connection("here", SERVER, token="T")
    with pytest.raises(HeadgateError, match="there is no such cluster") as caught:
        connection("there", listed)
    assert caught.value.expected == "a kubeconfig file, or a context: here"


def test_a_command_prints_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told that nobody answers questions."""
    seen: list[tuple[list[str], Any]] = []

    def run(command: list[str], *, env: dict[str, str], **_: Any) -> Any:
        seen.append((command, json.loads(env["KUBERNETES_EXEC_INFO"])["spec"], env["MODE"]))  # type: ignore[arg-type]
        return SimpleNamespace(stdout=json.dumps({"status": {"token": "printed"}}))

    monkeypatch.setattr(subprocess, "run", run)
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": ["get-token"],
        "env": [{"name": "MODE", "value": "x"}],
    }
    found = connection(str(written(tmp_path / "config", {"exec": plugin})))

    assert (found.token, seen) == ("printed", [(["kubelogin", "get-token"], {"interactive": False}, "x")])


@pytest.mark.parametrize(
    "printed", [FileNotFoundError(), subprocess.CalledProcessError(1, "x", "secret"), "no json", '{"a": 1}']
)
def test_a_command_that_gives_nothing_is_told_without_what_it_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: Any
) -> None:
    """That may be a credential."""

    def run(*_: Any, **__: Any) -> Any:
        if isinstance(printed, Exception):
            raise printed
        return SimpleNamespace(stdout=printed)

    monkeypatch.setattr(subprocess, "run", run)
    file = written(tmp_path / "config", {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "x"}})
    with pytest.raises(HeadgateError, match="can't be used") as caught:
        connection(str(file))

    assert "secret" not in str(caught.value)
    assert "`x`, which gave no credentials" in str(caught.value.found)


@pytest.mark.parametrize(
    ("user", "cluster", "found"),
    [
        ({}, {"insecure-skip-tls-verify": True}, "`insecure-skip-tls-verify` of the cluster"),
        ({}, {"proxy-url": "http://p"}, "`proxy-url` of the cluster"),
        ({"username": "a", "password": "b"}, {}, "`username` of the user"),
        ({"as": "root"}, {}, "`as` of the user"),
        ({}, {"server": "http://127.0.0.1"}, "server 'http://127.0.0.1'"),
        ({"client-key-data": "???"}, {}, "a `client-key` that can't be read"),
        ({"client-key": "none"}, {}, "a `client-key` that can't be read"),
        ({"tokenFile": "none"}, {}, "a `tokenFile` that can't be read"),
        ({"exec": {"apiVersion": "v0", "command": "x"}}, {}, "a command for credentials of version v0"),
    ],
)
def test_what_is_not_understood_is_no_connection(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], found: str
) -> None:
    """Left out, it would lead elsewhere, or as somebody else."""
    with pytest.raises(HeadgateError, match="can't be used") as caught:
        connection(str(written(tmp_path / "config", user, **cluster)))

    assert str(caught.value.found).startswith(found)


@pytest.mark.parametrize("text", ["[", "a", "contexts: []", "current-context: x"])
def test_a_file_that_leads_nowhere_says_so(tmp_path: Path, text: str) -> None:
    """It is no kubeconfig, or has no context to go by."""
    (tmp_path / "config").write_text(text)
    with pytest.raises(HeadgateError, match="can't be used"):
        connection(str(tmp_path / "config"))
