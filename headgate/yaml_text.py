"""YAML to plain values and back, by PyYAML's part in C where it was built with it: ten times as fast as the other.

Owns which part that is. What a document may say is the business of whoever reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def load(text: str) -> Any:
    """Return the value of a document; raises yaml.YAMLError."""
    return yaml.load(text, LOADER)  # noqa: S506  a safe one


def load_all(text: str) -> Iterator[Any]:
    """Yield the value of each document of a stream; raises yaml.YAMLError."""
    yield from yaml.load_all(text, LOADER)


def dump_all(values: Iterable[Any]) -> str:
    """Return a stream of documents."""
    text: str = yaml.dump_all(values, Dumper=DUMPER)
    return text
