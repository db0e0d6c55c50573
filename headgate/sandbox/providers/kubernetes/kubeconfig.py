"""The kubeconfig that a provider is configured with: content or path, context and cluster overrides.

Owns which cluster is meant, and whether two configurations mean the same one. Connecting is `cluster`'s business.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headgate import yaml_text
from headgate.errors import HeadgateError

_WHERE = "kubernetes provider, kubeconfig"


@dataclass(frozen=True)
class Target:
    """The cluster that a kubeconfig means, and how to reach it."""

    cluster: str
    server: str
    authority: str
    namespace: str
    document: str

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it this cluster and no other: its name and authority. A moved port is the same cluster."""
        return self.cluster, self.authority or self.server


def read_target(kubeconfig: str | None, context: str | None = None, cluster: str | None = None) -> Target:
    """Return the cluster that the arguments mean. Raises HeadgateError when they name none."""
    config = _load(kubeconfig)
    name = context or config.get("current-context") or ""
    chosen = dict(_named(config, "contexts", "context", name))
    if cluster:
        chosen["cluster"] = cluster
    entry = _named(config, "clusters", "cluster", str(chosen.get("cluster")))
    if not entry.get("server"):
        raise _broken(f"cluster {chosen.get('cluster')} has no server", "clusters[].cluster.server")
    effective = config | {
        "current-context": name,
        "contexts": [{"name": name, "context": chosen}],
    }
    return Target(
        cluster=str(chosen["cluster"]),
        server=str(entry["server"]).rstrip("/"),
        authority=_authority(entry),
        namespace=str(chosen.get("namespace") or "default"),
        document=yaml.safe_dump(effective),
    )


def _load(kubeconfig: str | None) -> dict[str, Any]:
    text = kubeconfig or ""
    if "\n" in text.strip() or text.lstrip().startswith("{"):
        return _parsed(text)
    return _merged(text or os.environ.get("KUBECONFIG") or "~/.kube/config")


def _merged(paths: str) -> dict[str, Any]:
    """Read one file, or the list of files that KUBECONFIG may be; the first to say something wins."""
    files = [Path(item).expanduser() for item in paths.split(os.pathsep) if item]
    configs = [_parsed(path.read_text()) for path in files if path.is_file()]
    if not configs:
        raise _broken(f"no file {paths}", "the content of a kubeconfig, or the path of one")
    merged: dict[str, Any] = {}
    for config in configs:
        for key, value in config.items():
            if isinstance(value, list):
                merged[key] = [*merged.get(key, []), *value]
            else:
                merged.setdefault(key, value)
    return merged


def _parsed(text: str) -> dict[str, Any]:
    try:
        config = yaml_text.load(text)
    except yaml.YAMLError as error:
        # The parser's own message quotes the document, which holds keys.
        raise _broken("it is no YAML document", "the content of a kubeconfig") from error
    if not isinstance(config, dict):
        raise _broken("it is no YAML mapping", "the content of a kubeconfig")
    return config


def _named(config: dict[str, Any], section: str, key: str, name: str) -> dict[str, Any]:
    rows = {row.get("name"): row.get(key) for row in reversed(config.get(section) or []) if isinstance(row, dict)}
    found = rows.get(name)
    if not isinstance(found, dict):
        known = ", ".join(sorted(str(item) for item in rows)) or "none"
        raise _broken(f"no {key} {name!r}", f"one of the {section}: {known}")
    return found


def _authority(entry: dict[str, Any]) -> str:
    data = entry.get("certificate-authority-data")
    if data:
        try:
            return base64.b64decode(data, validate=True).decode().strip()
        except ValueError as error:
            raise _broken("certificate-authority-data is no base64 text", "a PEM certificate in base64") from error
    path = entry.get("certificate-authority")
    return Path(path).read_text().strip() if path and Path(path).is_file() else ""


def _broken(found: str, expected: str) -> HeadgateError:
    return HeadgateError(
        "the kubeconfig names no cluster",
        where=_WHERE,
        found=found,
        expected=expected,
        fix="correct the `kubeconfig`, `context` or `cluster` argument of the kubernetes provider",
    )
