"""Kubernetes quantities as numbers."""

from __future__ import annotations

import re

_FACTORS = {
    "": 1.0,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
}
_QUANTITY = re.compile(r"([0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]{0,2})")


def number(quantity: str | int | float) -> float:
    """Return a quantity as a number; what is none is 0, since the API server has let it through before us."""
    match = _QUANTITY.fullmatch(str(quantity))
    if not match or match.group(2) not in _FACTORS:
        return 0.0
    return float(match.group(1)) * _FACTORS[match.group(2)]
