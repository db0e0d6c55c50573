"""Which measurements an expression of Prometheus asks for."""

from __future__ import annotations

import re

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_ASIDE = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)|\{[^}]*\}|\[[^\]]*\]")
_NAME = re.compile(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "inf", "nan"})


def metrics(expression: str) -> set[str]:
    """Return the names of the series that an expression reads."""
    plain = _ASIDE.sub(" ", _TEXT.sub("", expression))
    return {name for name in _NAME.findall(plain) if name.lower() not in _WORDS}
