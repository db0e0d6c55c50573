"""OPA's configuration at the admission gate: what it answers, whose rules it believes, where decisions go. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_DECISION_LOG_BUFFER = 64 * 1024 * 1024
_KEY = "headgate"
_FACTS_KEY = "headgate-facts"
# The digest never changes what it names: asking again only tells whether the registry still stands.
_POLLING_SECONDS = {"min_delay_seconds": 60, "max_delay_seconds": 120}
# A revocation has to be there within ten seconds.
_FACTS_POLLING_SECONDS = {"min_delay_seconds": 1, "max_delay_seconds": 3}


def base(environment: Any) -> dict[str, Any]:
    """Return what every gate has."""
    return {
        "default_decision": "main/admission/response",
        "default_authorization_decision": "system/authz/allow",
        "labels": {"environment": environment},
    }


def decision_logs(url: str) -> dict[str, Any]:
    """Return where decisions go. What they must not carry is masked by `system.log`."""
    return {
        "services": {"audit": {"url": url}},
        "decision_logs": {
            "service": "audit",
            "reporting": {
                "min_delay_seconds": 1,
                "max_delay_seconds": 5,
                "buffer_size_limit_bytes": _DECISION_LOG_BUFFER,
            },
        },
        # How many wait is a measurement, by which the gate knows whether it is recorded.
        "status": {"prometheus": True},
    }


def signed_rules(reference: str, key: str) -> dict[str, Any]:
    """Return from where OPA pulls the rules, and whose signature it believes: without that it decides nothing."""
    registry = reference.partition("/")[0]
    services = {"services": {"registry": {"url": f"https://{registry}", "type": "oci"}}}
    # Which edition a gate decides by, and since when, is a measurement.
    known = services | {"status": {"prometheus": True}}
    return known | _pulled("rules", reference, _POLLING_SECONDS, _KEY, key)


def signed_facts(reference: str, key: str) -> dict[str, Any]:
    """Return what OPA follows to know of models, and whose signature it believes there: another's than of the rules."""
    return _pulled("facts", reference, _FACTS_POLLING_SECONDS, _FACTS_KEY, key)


def _pulled(name: str, reference: str, polling: dict[str, int], key_id: str, key: str) -> dict[str, Any]:
    signing = {"keyid": key_id}
    bundle = {"service": "registry", "resource": reference, "polling": polling, "signing": signing}
    return {"bundles": {name: bundle}, "keys": {key_id: {"algorithm": "ES256", "key": key}}}


def written(known: dict[str, Any], parts: list[dict[str, Any]]) -> str:
    """Return the configuration with what only an update knows."""
    whole = dict(known)
    for part in parts:
        for name, value in part.items():
            whole[name] = whole.get(name, {}) | value
    return json.dumps(whole, indent=2)


def digest(files: Mapping[str, str]) -> str:
    """Return the digest of files by name."""
    return "sha256:" + hashlib.sha256(json.dumps(dict(files), sort_keys=True).encode()).hexdigest()
