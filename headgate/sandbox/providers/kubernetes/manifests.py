"""YAML manifests as documents: the function behind the SDK's `yaml.ConfigFile` and `yaml.ConfigGroup`.

Owns the reading. What a manifest means is the SDK's business: it makes a resource of each document.
"""

from __future__ import annotations

from typing import Any

import yaml

from headgate.errors import HeadgateError


class _JsonLoader(yaml.SafeLoader):
    """Reads what JSON can say: a date in a manifest is a text."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def documents_of(text: str) -> list[dict[str, Any]]:
    """Return the documents of a manifest; lists are taken apart."""
    try:
        found = [item for item in yaml.load_all(text, _JsonLoader) if item is not None]
    except yaml.YAMLError as error:
        raise _unreadable(str(error)) from error
    documents: list[dict[str, Any]] = []
    for item in found:
        if not isinstance(item, dict):
            raise _unreadable(f"a document that is a {type(item).__name__}")
        is_list = str(item.get("kind", "")).endswith("List") and isinstance(item.get("items"), list)
        documents.extend(item["items"] if is_list else [item])
    return documents


def _unreadable(found: str) -> HeadgateError:
    return HeadgateError(
        "the manifest can't be read",
        found=found,
        expected="YAML documents, each a Kubernetes object",
        fix="correct the manifest; `kubeconform` names the line",
    )
