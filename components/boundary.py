"""What another language may hand over as a component's args: nothing unknown, and each value in its form.

Typed SDKs say so before; who writes a plan of plain values (YAML, JSON) hears it here. Without it a name that is
mistyped is dropped, with whatever it was to switch on, and a text in place of a list is taken letter by letter.
"""

import difflib
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.errors import InputPropertyError
from pulumi.provider.experimental.analyzer import PropertyDefinition, PropertyType

_FORMS: dict[PropertyType, tuple[tuple[type, ...], str]] = {
    PropertyType.STRING: ((str,), "text"),
    PropertyType.INTEGER: ((int, float), "a whole number"),
    PropertyType.NUMBER: ((int, float), "a number"),
    PropertyType.BOOLEAN: ((bool,), "true or false"),
    PropertyType.ARRAY: ((list,), "a list"),
    PropertyType.OBJECT: ((dict,), "an object"),
}
_FOUND = (
    (str, "text"),
    (bool, "true or false"),
    ((int, float), "a number"),
    (list, "a list"),
    (dict, "an object"),
)
# Resources and assets come as what the SDK has made of them.
_PLAIN = (str, int, float, bool, list, dict)


def check(inputs: Any, properties: Mapping[str, PropertyDefinition], component: str, path: str) -> None:
    """Refuse names that nothing reads, and values of another form. What an update alone will know is not looked at."""
    if not isinstance(inputs, Mapping):
        return
    for name in inputs:
        if name not in properties and not str(name).startswith("__"):
            raise _unknown(_joined(path, name), name, list(properties), component)
    for name, definition in properties.items():
        _check_form(inputs.get(name), definition, component, _joined(path, name))


def _check_form(value: Any, definition: PropertyDefinition, component: str, path: str) -> None:
    """Refuse a value of another form, at whatever depth; named types are checked where they are mapped."""
    if value is None or isinstance(value, pulumi.Output) or not isinstance(value, _PLAIN):
        return
    wanted = PropertyType.ARRAY if definition.items else definition.type
    if definition.additional_properties:
        wanted = PropertyType.OBJECT
    if wanted is not None and definition.ref is None and not _fits(value, wanted):
        # Not the value itself: it may be a secret that nobody marked as one.
        found = next(words for kind, words in _FOUND if isinstance(value, kind))
        raise InputPropertyError(path, f"'{path}' on '{component}' takes {_FORMS[wanted][1]}, found {found}")
    if isinstance(value, list) and definition.items:
        for index, item in enumerate(value):
            _check_form(item, definition.items, component, f"{path}[{index}]")
    elif isinstance(value, dict) and definition.additional_properties:
        for key, item in value.items():
            _check_form(item, definition.additional_properties, component, f"{path}.{key}")


def _fits(value: Any, wanted: PropertyType) -> bool:
    """Whether a value has a form. The protocol knows numbers as floats alone; what is true or false is no number."""
    if isinstance(value, bool):
        return wanted is PropertyType.BOOLEAN
    if wanted is PropertyType.INTEGER and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _FORMS[wanted][0])


def _unknown(path: str, name: str, known: list[str], component: str) -> InputPropertyError:
    close = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"expected some of {', '.join(sorted(known))}"
    return InputPropertyError(path, f"Unknown input '{path}' on '{component}': {hint}")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else str(name)
