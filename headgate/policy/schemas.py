"""The schemas of what rules see, put together from their parts: a parameter or a property is described in one place.

`parameters.json`, `resource.json` and `facts.json` are written by hand; what `opa check --schema` reads as
`schema.rule_input` and `schema.relation_input` follows from them.
"""

from __future__ import annotations

import json
from typing import Any

from headgate.policy.bundle import Bundle

_TITLES = {
    "rule_input.json": "What a rule on objects sees: one resource, with its environment's parameters",
    "relation_input.json": "What a rule on relations sees: a run of resources, with its environment's parameters",
}


def derived(bundle: Bundle) -> dict[str, str]:
    """Return the schemas that follow from others, by file name."""
    resource, parameters, facts = (_part(bundle, f"{name}.json") for name in ("resource", "parameters", "facts"))
    subjects = {
        "rule_input.json": ("resource", resource),
        "relation_input.json": ("resources", {"type": "array", "items": resource}),
    }
    return {
        name: json.dumps(_input(_TITLES[name], {subject: form, "parameters": parameters, "facts": facts}), indent=2)
        + "\n"
        for name, (subject, form) in subjects.items()
    }


def _part(bundle: Bundle, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((bundle.root / "schemas" / name).read_text(encoding="utf-8"))
    return {key: value for key, value in schema.items() if key not in {"$schema", "title"}}


def _input(title: str, parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "description": "Written by `headgate policy pages` from resource.json, parameters.json and facts.json.",
        "type": "object",
        "additionalProperties": False,
        "required": [*parts, "gate", "phase", "environment"],
        "properties": {
            "gate": {"type": "string", "enum": ["P", "U", "A"]},
            "phase": {"type": "string", "enum": ["preview", "apply"]},
            "environment": {"type": "string"},
            **parts,
        },
    }
