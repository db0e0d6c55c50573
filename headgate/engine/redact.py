"""Takes known secret values out of what is shown or recorded.

The engine masks what it prints, with exceptions: the refusal of a plan in which a secret was swapped prints the planned
value. So text of the engine passes through here with the values that the stack is known to hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from headgate.engine.scratch import SECRET, SIGNATURE

MASK = "[secret]"
# A mask over every "1" or "on" of a text would hide the text and tell the secret.
_SHORTEST = 4


class Redactor:
    """Masks a set of values, the longest first, in the forms in which they get printed."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = {form for value in values if len(value) >= _SHORTEST for form in _forms(value)}
        alternatives = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        self._pattern = re.compile(alternatives) if alternatives else None

    def __call__(self, text: str) -> str:
        """Return the text with every known secret masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def secret_values(document: Any) -> Iterator[str]:
    """Yield the plain values of a document in which secrets were left in clear (`stack export --show-secrets`)."""
    if isinstance(document, dict):
        if document.get(SIGNATURE) == SECRET:
            yield from _leaves(document.get("plaintext"))
        else:
            for each in document.values():
                yield from secret_values(each)
    elif isinstance(document, list):
        for each in document:
            yield from secret_values(each)


def _leaves(plaintext: Any) -> Iterator[str]:
    """Yield a secret's text, and the texts inside it where it is a structure. Plaintext is JSON inside a string."""
    import json

    if not isinstance(plaintext, str):
        return
    try:
        value = json.loads(plaintext)
    except ValueError:
        value = plaintext
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
        elif isinstance(each, str):
            yield each


def _forms(value: str) -> Iterator[str]:
    """Yield a value as it is, as JSON escapes it, and line by line where it has lines (keys, certificates)."""
    import json

    yield value
    yield json.dumps(value)[1:-1]
    for line in value.splitlines():
        if len(line) >= _SHORTEST * 4:
            yield line
