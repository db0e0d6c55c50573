"""Finds the SDK's generated source and slices single classes out of it.

Owns the knowledge of how pulumi-language-python lays out a module; `schema` gives the pieces a meaning.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError

_GETTER = re.compile(r'@pulumi\.getter(?:\(name="([^"]+)"\))?\n    def (\w+)\(self\) -> (.+):\n')
_DEFAULT = re.compile(r"if (\w+) is None:\n\s+\1 = (.+)\n")
_CONSTANT = re.compile(r"""pulumi\.set\(__self__, "(\w+)", ('[^']*'|"[^"]*")\)""")
_MEMBER = re.compile(r"^    [A-Z0-9_]+ = (.+)$", re.MULTILINE)
_API_VERSION = re.compile(r"Uses Azure REST API version (\S+)\.")


@dataclass(frozen=True)
class Getter:
    """One property as the generated class states it."""

    name: str
    annotation: str
    default: Any = None
    constant: str | None = None


@cache
def package_root() -> Path:
    """Return the installed SDK's directory without importing it."""
    found = importlib.util.find_spec("pulumi_azure_native")
    if found is None or not found.submodule_search_locations:
        raise HeadgateError(
            "pulumi-azure-native is not installed", expected="the SDK that the program uses", fix="make up"
        )
    return Path(found.submodule_search_locations[0])


@cache
def package_version() -> str:
    """Return the SDK's version."""
    document = (package_root() / "pulumi-plugin.json").read_text()
    match = re.search(r'"version": "([^"]+)"', document)
    return match.group(1) if match else "0.0.0"


def modules() -> list[str]:
    """Return the SDK's module names (`containerservice`, …)."""
    return sorted(path.name for path in package_root().iterdir() if (path / "__init__.py").is_file())


def resource_names(module: str) -> list[str]:
    """Return the resource classes of a module."""
    listing = (package_root() / module / "__init__.py").read_text()
    names = []
    for stem in re.findall(r"^from \.(\w+) import \*$", listing, re.MULTILINE):
        if not stem.startswith(("_", "get_", "list_")):
            names += re.findall(r"^class (\w+)\(pulumi\.CustomResource\)", module_text(module, stem), re.MULTILINE)
    return sorted(names)


@cache
def module_text(module: str, stem: str) -> str:
    """Return one source file."""
    path = package_root() / module / f"{stem}.py"
    return path.read_text() if path.is_file() else ""


def snake(name: str) -> str:
    """Return the file name of a resource class, as the generator makes it: `AFDOriginGroup` → `afd_origin_group`."""
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", spaced).lower()


def class_text(text: str, name: str) -> str | None:
    """Return the source of one class, or None."""
    match = re.search(rf"^class {name}\b.*:$", text, re.MULTILINE)
    if match is None:
        return None
    end = re.compile(r"^(?:class |@pulumi\.)", re.MULTILINE).search(text, match.end())
    return text[match.start() : end.start() if end else len(text)]


def getters(text: str) -> list[Getter]:
    """Return the properties of a generated class."""
    defaults = {name: _literal(value) for name, value in _DEFAULT.findall(text)}
    constants = {name: ast.literal_eval(value) for name, value in _CONSTANT.findall(text)}
    return [
        Getter(wire or python, annotation, defaults.get(python), constants.get(python))
        for wire, python, annotation in _GETTER.findall(text)
    ]


def enum_values(text: str) -> list[Any]:
    """Return the values of a generated enum."""
    return [_literal(value) for value in _MEMBER.findall(text)]


def api_version(text: str) -> str:
    """Return the API version that a resource's documentation names."""
    match = _API_VERSION.search(text)
    return match.group(1) if match else ""


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):  # a default taken from the environment: none here
        return None
