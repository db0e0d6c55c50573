"""How a kubeconfig says that a cluster is reached, and as whom.

Reads contexts as `kubectl` does: certificates, tokens, and commands that print either (kubelogin of AKS is one). What
it does not know, such as a proxy, is an error and not left out; a server that proves its name to nobody is refused.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headgate.errors import HeadgateError

_SECONDS = 60
_EXEC = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_NOT_READ = {
    "cluster": ("insecure-skip-tls-verify", "proxy-url"),
    "user": ("auth-provider", "username", "password", "as", "as-groups", "as-uid", "as-user-extra"),
}


@dataclass(frozen=True)
class Connection:
    """One cluster, and the identity that asks it; certificates and keys as PEM."""

    name: str
    server: str
    authority: str | None = None
    server_name: str | None = None
    certificate: str | None = None
    key: str | None = None
    token: str | None = None


def connection(named: str, environment: Mapping[str, str] | None = None) -> Connection:
    """Return what a name leads to: the current context of a kubeconfig file, or a context of the user's own."""
    known = os.environ if environment is None else environment
    file = Path(named)
    if file.is_file():
        return _of_context(_read(file), None, named)
    listed = [Path(path) for path in known.get("KUBECONFIG", "").split(os.pathsep) if path]
    files = [path for path in listed or [Path.home() / ".kube" / "config"] if path.is_file()]
    documents = [_read(path) for path in files]
    for document in documents:
        if named in _rows(document, "contexts"):
            return _of_context(document, named, named)
    contexts = sorted({name for document in documents for name in _rows(document, "contexts")})
    raise HeadgateError(
        "there is no such cluster, so nothing was judged",
        found=named,
        expected=f"a kubeconfig file, or a context: {', '.join(contexts) or 'no kubeconfig was found'}",
        fix="`kubectl config get-contexts`; `az aks get-credentials` writes one",
    )


@dataclass(frozen=True)
class _Document:
    """A kubeconfig, and the folder that its relative paths begin at."""

    path: Path
    value: Mapping[str, Any]


def _read(path: Path) -> _Document:
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _unusable(str(path), f"a file that can't be read: {type(error).__name__}") from error
    if not isinstance(value, dict):
        raise _unusable(str(path), "no kubeconfig")
    return _Document(path, value)


def _rows(document: _Document, kind: str) -> dict[str, Mapping[str, Any]]:
    """Return the clusters, users or contexts by name."""
    rows = document.value.get(kind) or []
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {str(row.get("name")): row.get(kind.removesuffix("s")) or {} for row in found}


def _of_context(document: _Document, name: str | None, shown: str) -> Connection:
    where = str(document.path)
    chosen = name or str(document.value.get("current-context") or "")
    context = _rows(document, "contexts").get(chosen)
    if context is None:
        raise _unusable(where, f"no context {chosen!r}" if chosen else "no current context")
    cluster = _rows(document, "clusters").get(str(context.get("cluster")), {})
    user = _rows(document, "users").get(str(context.get("user")), {})
    for kind, section in (("cluster", cluster), ("user", user)):
        if unread := [key for key in _NOT_READ[kind] if section.get(key)]:
            raise _unusable(where, f"`{unread[0]}` of the {kind} of context {chosen!r}, which is not supported here")
    server = str(cluster.get("server") or "")
    if not server.startswith("https://"):
        raise _unusable(where, f"server {server!r}", "a server that begins with https://")
    folder = document.path.parent
    printed = _printed(user["exec"], where) if isinstance(user.get("exec"), dict) else {}
    return Connection(
        name=chosen or shown,
        server=server.rstrip("/"),
        authority=_pem(cluster, "certificate-authority", folder),
        server_name=cluster.get("tls-server-name"),
        certificate=printed.get("clientCertificateData") or _pem(user, "client-certificate", folder),
        key=printed.get("clientKeyData") or _pem(user, "client-key", folder),
        token=printed.get("token") or _token(user, folder),
    )


def _pem(section: Mapping[str, Any], name: str, folder: Path) -> str | None:
    try:
        if data := section.get(f"{name}-data"):
            return base64.b64decode(str(data), validate=True).decode("ascii")
        if file := section.get(name):
            return (folder / str(file)).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise _unusable(str(folder), f"a `{name}` that can't be read") from error
    return None


def _token(user: Mapping[str, Any], folder: Path) -> str | None:
    if user.get("token"):
        return str(user["token"])
    if not user.get("tokenFile"):
        return None
    try:
        return (folder / str(user["tokenFile"])).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise _unusable(str(folder), "a `tokenFile` that can't be read") from error


def _printed(plugin: Mapping[str, Any], where: str) -> Mapping[str, str]:
    """Run the command that knows who asks, and return what it printed."""
    version = str(plugin.get("apiVersion"))
    command = [str(plugin.get("command")), *map(str, plugin.get("args") or [])]
    if version not in _EXEC:
        raise _unusable(where, f"a command for credentials of version {version}", " or ".join(_EXEC))
    more = {str(row["name"]): str(row["value"]) for row in plugin.get("env") or []}
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    environment = {**os.environ, **more, "KUBERNETES_EXEC_INFO": json.dumps(info)}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True
        )
        status = json.loads(done.stdout)["status"]
        return {str(key): str(value) for key, value in status.items()}
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, AttributeError) as error:
        # Not what it printed: that may be a credential.
        why = f"`{command[0]}`, which gave no credentials ({type(error).__name__})"
        raise _unusable(where, why, fix=f"run `{command[0]}` by hand: it may want you to sign in") from error


def _unusable(
    where: str, found: str, expected: str = "a cluster, and who asks", fix: str | None = None
) -> HeadgateError:
    return HeadgateError(
        "the kubeconfig can't be used, so nothing was judged",
        where=where,
        found=found,
        expected=expected,
        fix=fix or "`kubectl config view`; name another context or file",
    )
