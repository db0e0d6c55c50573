"""Keeps secrets out of the ledger: nothing can be taken out of it again.

Masks by name (password, token, ...), by Pulumi's secret envelope, and by content (private keys, bearer headers).
Kubernetes Secrets keep their keys and lose their values.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

MASKED = "***"
_SECRET_ENDINGS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secrets",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "sharedkey",
    "accountkey",
    "connectionstring",
    "credential",
    "credentials",
    "kubeconfig",
    "authorization",
)
# Pulumi marks a secret in a plan or a state with this key and value.
_PULUMI_MARK = "4dabf18193072939515e22adb298388d"
_PULUMI_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  a marker that Pulumi publishes, not a secret


@lru_cache(maxsize=4096)
def _names_a_secret(name: str) -> bool:
    """Say whether a field of this name holds a secret."""
    return name.replace("_", "").replace("-", "").lower().endswith(_SECRET_ENDINGS)


def _is_secret_text(text: str) -> bool:
    """Say whether text is a secret by its form."""
    return ("PRIVATE KEY-----" in text or "PRIVATE+KEY+" in text) or text.startswith(("Bearer ", "Basic "))


def _hide(value: Any) -> Any:
    """Mask what a secret's name covers. Numbers, flags and references by name are no secrets."""
    if isinstance(value, str):
        return MASKED if value else value
    if isinstance(value, list):
        return [_hide(item) for item in value]
    if isinstance(value, dict):
        return {key: item if key in ("name", "secretName", "namespace") else _hide(item) for key, item in value.items()}
    return value


def _mask_object(value: dict[Any, Any]) -> dict[Any, Any]:
    """Mask one object's fields."""
    if value.get(_PULUMI_MARK) == _PULUMI_SECRET:
        return {_PULUMI_MARK: _PULUMI_SECRET, "value": MASKED}
    is_secret = value.get("kind") == "Secret" and ("data" in value or "stringData" in value)
    return {
        key: _hide(item)
        if (is_secret and key in ("data", "stringData")) or (isinstance(key, str) and _names_a_secret(key))
        else mask(item)
        for key, item in value.items()
    }


def mask(value: Any) -> Any:
    """Return a value without its secrets."""
    if isinstance(value, str):
        return MASKED if _is_secret_text(value) else value
    if isinstance(value, dict):
        return _mask_object(value)
    if isinstance(value, list):
        return [mask(item) for item in value]
    return value
