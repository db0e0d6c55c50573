"""The components as a Pulumi package: its schema, and the host that answers other languages.

Owns what the SDK's own host leaves open at the boundary: whole numbers arrive as floats there, and maps and lists of
named types leave with Python's names. Does not own any component.
"""

import ast
import gc
import inspect
import json
import sys
import textwrap
from importlib.metadata import version
from typing import Any

import pulumi
from pulumi.provider import Provider, main
from pulumi.provider.experimental.analyzer import (
    Analyzer,
    ComponentDefinition,
    PropertyDefinition,
    PropertyType,
    TypeDefinition,
)
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.experimental.schema import generate_schema

from components import boundary, catalog

NAME = "headgate"
DESCRIPTION = (
    "A platform for machine-learning models on Azure and Kubernetes: registered, approved, audited, secure by default."
)


class _ContractAnalyzer(Analyzer):
    """Finds the description of a field in the contract that it is inherited from: the SDK looks at the class alone."""

    def get_docstring(self, typ: type, name: str) -> str | None:
        """Return the docstring under a field."""
        found = super().get_docstring(typ, name)
        bases = iter(_contracts_of(typ)) if found is None else iter(())
        return found or next((text for base in bases if (text := self.get_docstring(base, name))), None)


class Package(ComponentProvider):
    """Every component of the catalogue."""

    def __init__(self) -> None:
        # As the SDK's own constructor does, but with an analyzer that reads what a contract inherits.
        components = [getattr(catalog, name) for name in catalog.COMPONENTS]
        self._name = NAME
        self.analyzer = _ContractAnalyzer(NAME)
        found = self.analyzer.analyze(components)
        self._components = {component.__name__: component for component in components}
        self._component_defs = found["component_definitions"]
        self._type_defs = found["type_definitions"]
        self._external_enum_types = found["external_enum_types"]
        self._dependencies = sorted(found["dependencies"], key=str)
        release = version("headgate")
        document = generate_schema(
            NAME, release, None, self._component_defs, self._type_defs, self._dependencies
        ).to_json()
        text = json.dumps({**document, "description": DESCRIPTION, "license": "Apache-2.0"})
        Provider.__init__(self, release, text)

    @property
    def definitions(self) -> dict[str, ComponentDefinition]:
        """Return what the components take and give, by name."""
        return self._component_defs

    @property
    def types(self) -> dict[str, TypeDefinition]:
        """Return the named types of args and outputs."""
        return self._type_defs

    def map_input_properties(
        self,
        inputs: pulumi.Inputs,
        properties: dict[str, PropertyDefinition],
        mapping: dict[str, str],
        component_name: str,
        property_path: str,
    ) -> pulumi.Inputs:
        """Map names to Python's, and whole numbers, which the protocol knows only as floats, to integers."""
        boundary.check(inputs, properties, component_name, property_path)
        # The SDK would call int() on a number that is yet to come.
        later = {
            name: inputs[name]
            for name, definition in properties.items()
            if definition.type is PropertyType.INTEGER and isinstance(inputs.get(name), pulumi.Output)
        }
        at_once = {name: definition for name, definition in properties.items() if name not in later}
        mapped = dict(super().map_input_properties(inputs, at_once, mapping, component_name, property_path))
        mapped |= {mapping[name]: value for name, value in later.items()}
        return {
            name: _whole(mapped[name], definition)
            for schema_name, definition in properties.items()
            if (name := mapping[schema_name]) in mapped
        }

    def get_state(self, instance: pulumi.ComponentResource, component_def: ComponentDefinition) -> dict[str, Any]:
        """Return a component's outputs, with the schema's names in maps and lists of named types too."""
        state = super().get_state(instance, component_def)
        for name, definition in component_def.outputs.items():
            inner = definition.items or definition.additional_properties
            if name in state and inner is not None and inner.ref:
                found = self.get_type_definition(inner)
                if found is not None:
                    state[name] = pulumi.Output.from_input(state[name]).apply(_renamer(self, found))
        return state


def schema() -> dict[str, Any]:
    """Return the package's schema as the engine prints it: in a stable order, without nulls, each description once."""
    found: dict[str, Any] = sorted_document(_told_once(json.loads(Package().schema or "{}")))
    return found


def sorted_document(value: Any) -> Any:
    """Return a document in the order of its keys, without nulls."""
    if isinstance(value, dict):
        return {name: sorted_document(value[name]) for name in sorted(value) if value[name] is not None}
    return [sorted_document(item) for item in value] if isinstance(value, list) else value


def _told_once(value: Any) -> Any:
    """Return a schema whose items don't repeat the description of the list or map that they are in."""
    if isinstance(value, list):
        return [_told_once(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _told_once(item) for name, item in value.items()}
    for name in ("items", "additionalProperties"):
        if isinstance(kept.get(name), dict) and kept[name].get("description") == kept.get("description"):
            kept[name] = {key: item for key, item in kept[name].items() if key != "description"}
    return kept


def serve(arguments: list[str]) -> None:
    """Answer the engine until it ends us."""
    # SDKs are hundreds of thousands of lines of classes that stay: there is little garbage to collect while they load.
    gc.set_threshold(200_000, 50, 100)
    main(Package(), arguments)


def _contracts_of(contract: type) -> list[type]:
    """Return what a TypedDict inherits from; at run time it is a plain dict, so its source is read."""
    module = sys.modules.get(contract.__module__)
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(contract))).body
    except (OSError, TypeError, ValueError, SyntaxError):
        return []
    named = [base.id for base in getattr(definition, "bases", []) if isinstance(base, ast.Name)]
    found = [getattr(module, name, None) for name in named]
    return [base for base in found if isinstance(base, type) and base is not contract]


def _whole(value: Any, definition: PropertyDefinition) -> Any:
    """Return a value whose integers are integers, at whatever depth its definition has them."""
    if not _has_integers(definition):
        return value
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: _whole(known, definition))
    if isinstance(value, list) and definition.items:
        return [_whole(item, definition.items) for item in value]
    if isinstance(value, dict) and definition.additional_properties:
        return {key: _whole(item, definition.additional_properties) for key, item in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _has_integers(definition: PropertyDefinition) -> bool:
    """Say whether a definition holds integers; named types are mapped field by field before."""
    inner = definition.items or definition.additional_properties
    return definition.type is PropertyType.INTEGER or (inner is not None and _has_integers(inner))


def _renamer(package: Package, definition: TypeDefinition) -> Any:
    """Return a function that gives the items of a map or list the schema's names."""

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: package.map_complex_output(item, definition) for key, item in value.items()}
        return [package.map_complex_output(item, definition) for item in value]

    return renamed
