"""The JSON Schema of stack files, which editors complete from, and the reference page, from the same source.

A stack file is a layer: what the defaults give may be left out of it, so only the rest is required there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headgate.stack.document import read_document
from headgate.stack.identity import Environment
from headgate.stack.platform import PlatformStack
from headgate.stack.secret import Secret
from headgate.stack.team import TeamStack
from headgate.stack.written import PROJECT

SECTIONS: dict[str, type[PlatformStack] | type[TeamStack]] = {"platform": PlatformStack, "team": TeamStack}
SHARED = ("Image", "Pool", "ProvisionedNodes")
_SALT = "Salt of the stack's encrypted values; written by `pulumi stack init`."
_PROVIDER = "Where the key of encrypted values is; written by `pulumi stack init --secrets-provider`."
# Secrets, which Pulumi keeps encrypted; a value in the clear is refused.
_SECRETS = {
    Secret.REGISTRY_READER: "USER:PASSWORD with which the gates pull rules and facts",
    Secret.DEAD_MAN_TOKEN: "Token of the switch of `monitoring.in_cluster.dead_man`",
    Secret.RETRAINING_TOKEN: "Token that teams' receivers are called with, the same in the platform's stack and theirs",
    Secret.LEDGER_SIGNING_KEY: "Key with which `audit.ledger` signs checkpoints, as made when the ledger began",
    Secret.LEDGER_TOKEN: "Token of those who may write through `audit.ledger`",
    Secret.LEDGER_READ_TOKEN: "Token of those who may only read through `audit.ledger`",
    Secret.LEDGER_CERTIFICATE: "Certificate of `audit.ledger`, as PEM",
    Secret.LEDGER_CERTIFICATE_KEY: "Key of the certificate of `audit.ledger`, as PEM",
}


def stack_schema(stacks: Path) -> dict[str, Any]:
    """Return the schema of `Pulumi.<stack>.yaml`."""
    definitions: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for section, model in SECTIONS.items():
        schema = model.model_json_schema(ref_template="#/$defs/{model}")
        definitions |= schema.pop("$defs", {})
        definitions[model.__name__] = schema
        _relax(schema, definitions, _given(stacks, section), _defaults(stacks, "base").get(section, {}))
        properties[f"{PROJECT}:{section}"] = {"$ref": f"#/$defs/{model.__name__}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Headgate stack",
        "description": "A Pulumi stack file of the project `headgate`: stacks/Pulumi.<stack>.yaml.",
        "type": "object",
        "additionalProperties": False,
        "required": ["config"],
        "properties": {
            "config": _config(properties),
            "encryptionsalt": {"type": "string", "description": _SALT},
            "secretsprovider": {"type": "string", "description": _PROVIDER},
            "encryptedkey": {"type": "string", "description": _PROVIDER},
            "environment": {"description": "Environments of Pulumi ESC to import."},
        },
        "$defs": dict(sorted(definitions.items())),
    }


def _config(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of `config:`, whose keys are namespaced; other packages' keys pass."""
    simple = {
        "commit": "Commit to record on everything; the checkout's own by default.",
        "change": "Change request to record on everything.",
    }
    return {
        "type": "object",
        "description": "Settings by namespace, as `pulumi config` shows them.",
        "properties": {
            **properties,
            **{f"{PROJECT}:{key}": {"type": "string", "description": text} for key, text in simple.items()},
            **{f"{PROJECT}:{key}": _secret(text) for key, text in _SECRETS.items()},
            "azure-native:location": {"type": "string", "description": "Region for what names none itself."},
        },
        "patternProperties": {f"^(?!{PROJECT}:)[A-Za-z0-9-]+:": True},
        "additionalProperties": False,
        "oneOf": [{"required": [name]} for name in properties],
    }


def _secret(description: str) -> dict[str, Any]:
    """Return the schema of a value as Pulumi writes it encrypted."""
    return {
        "type": "object",
        "description": f"{description}: `pulumi config set --secret` writes it.",
        "properties": {"secure": {"type": "string"}},
        "required": ["secure"],
        "additionalProperties": False,
    }


def _given(stacks: Path, section: str) -> list[dict[str, Any]]:
    """Return the section of the base layer and of each environment's, base first."""
    return [_defaults(stacks, name).get(section, {}) for name in ("base", *Environment)]


def _defaults(stacks: Path, name: str) -> dict[str, Any]:
    """Read one defaults file, when it is there."""
    path = stacks / "defaults" / f"{name}.yaml"
    return read_document(path).value if path.exists() else {}


def _relax(schema: dict[str, Any], definitions: dict[str, Any], layers: list[dict[str, Any]], base: Any) -> None:
    """Take from `required` what the layers below always give, and note their values as defaults."""
    given = [layer if isinstance(layer, dict) else {} for layer in layers]
    everywhere = set(given[0]) | set.intersection(*(set(layer) for layer in given[1:]))
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if name not in everywhere]
    for name, field in schema.get("properties", {}).items():
        target = definitions.get(_reference(field))
        value = base.get(name) if isinstance(base, dict) else None
        if target is not None and target.get("type") == "object":
            # A definition that several settings share has no defaults of its own: theirs stand beside the reference.
            shared = target["title"] in SHARED
            _relax(target, definitions, [layer.get(name, {}) for layer in given], None if shared else value)
            if shared and value is not None:
                field["default"] = value
        elif value is not None:
            field["default"] = value


def _reference(field: dict[str, Any]) -> str:
    """Return the name of the definition that a field points at, if it does."""
    for candidate in (field, *field.get("anyOf", [])):
        if "$ref" in candidate:
            return str(candidate["$ref"]).rpartition("/")[2]
    return ""


def schema_text(stacks: Path) -> str:
    """Return the committed form of the schema."""
    return json.dumps(stack_schema(stacks), indent=2, ensure_ascii=False) + "\n"


def reference_text(stacks: Path) -> str:
    """Return docs/reference/stack.md: every setting, in the order of the models."""
    schema = stack_schema(stacks)
    lines = [
        "# Stack settings",
        "",
        "<!-- Generated by `headgate stack schema --format markdown`; a test compares. -->",
        "",
        "`stacks/Pulumi.<stack>.yaml` holds one of the two groups below, under `config:`. "
        "Defaults are those of the schema and of `stacks/defaults/base.yaml`; "
        "an environment's own file may change them. "
        "`headgate stack explain STACK` shows what applies, and which line set it.",
    ]
    for section, model in SECTIONS.items():
        root = schema["$defs"][model.__name__]
        lines += ["", f"## `{PROJECT}:{section}`", "", _sentence(root["description"]), ""]
        lines += ["| setting | takes | default | meaning |", "|---|---|---|---|"]
        lines += [_row(*row) for row in _rows(root, schema["$defs"], "")]
    return "\n".join(lines) + "\n"


def _rows(schema: dict[str, Any], definitions: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield path, type, default and meaning of each setting below an object."""
    given = schema.get("default") or {}
    for name, own in schema.get("properties", {}).items():
        field = {**own, "default": given[name]} if name in given else own
        path = f"{prefix}{name}"
        required = name in schema.get("required", [])
        target = definitions.get(_reference(field), {})
        items = definitions.get(_reference(field.get("items", {})), {})
        named = definitions.get(_reference(_values(field)), {})
        yield path, _kind(field, target), _default(field, required), field.get("description", "")
        if target.get("type") == "object":
            inherited = {"default": field["default"]} if target["title"] in SHARED and "default" in field else {}
            yield from _rows({**target, **inherited}, definitions, f"{path}.")
        elif items.get("type") == "object":
            yield from _rows(items, definitions, f"{path}[].")
        elif named.get("type") == "object":
            yield from _rows(named, definitions, f"{path}.<name>.")


def _values(field: dict[str, Any]) -> dict[str, Any]:
    """Return what the values of a mapping with free keys are."""
    values = field.get("additionalProperties")
    return values if isinstance(values, dict) else next(iter(field.get("patternProperties", {}).values()), {})


def _kind(field: dict[str, Any], target: dict[str, Any]) -> str:
    """Say in a few words what a setting takes; one that may be left out takes what it takes where it is there."""
    given = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
    if len(given) == 1:
        field = given[0]
    if target.get("enum"):
        return ", ".join(f"`{value}`" for value in target["enum"])
    if target.get("type") == "object":
        return "group"
    if _values(field):
        return "groups by name"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    kind = str(field.get("type", "text or number"))
    words = {"array": "list", "string": "text", "integer": "number", "boolean": "true or false"}
    low, high = field.get("minimum"), field.get("maximum")
    return f"{low} to {high}" if low is not None and high is not None else words.get(kind, kind)


def _default(field: dict[str, Any], required: bool) -> str:
    """Show a default, or that there is none."""
    if required:
        return "required"
    value = field.get("default")
    return "" if value is None or isinstance(value, dict) else f"`{json.dumps(value)}`"


def _row(path: str, kind: str, default: str, meaning: str) -> str:
    return f"| `{path}` | {kind} | {default} | {_sentence(meaning)} |"


def _sentence(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
