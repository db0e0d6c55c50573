"""`pulumi.com/waitFor`: conditions and JSON paths that a program waits for, on any kind.

Owns their syntax: `condition=Ready`, `condition=Ready=False`, `jsonpath={.status.phase}`, and `=Running` after that.
A status of an older generation satisfies nothing, and an aborted Rollout ends the wait; the official provider looks at
the expressions alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from headgate.errors import HeadgateError
from headgate.sandbox.providers.kubernetes.awaiting.verdict import (
    READY,
    Document,
    Readiness,
    Verdict,
    View,
    condition,
    failing,
    waiting,
)

# A person who aborts and tries again at once is given the time.
_GIVEN_UP_GRACE: Final = 5.0

_JSON_PATH = re.compile(r"jsonpath=\{\s*(?P<path>\.[^{}]+?)\s*\}(?:=(?P<value>.*))?")
_STEP = re.compile(r"\.((?:[^.\[\]\\]|\\.)+)|\[(\d+)\]|\[['\"]([^'\"]+)['\"]\]")


def readiness(expressions: list[str]) -> Readiness:
    """Return the readiness that all expressions together ask for."""
    tests = [(text, _compiled(text)) for text in expressions]

    def check(live: Document, _view: View) -> Verdict:
        if not _observed(live):
            return waiting("the controller to see the new generation")
        open_ones = [text for text, holds in tests if not holds(live)]
        if open_ones and (reason := _given_up(live)):
            return failing(reason, _GIVEN_UP_GRACE)
        return waiting(", ".join(open_ones)) if open_ones else READY

    return Readiness(check)


def _observed(live: Document) -> bool:
    """Whether the status is of this generation; what tells no generation is taken at its word."""
    observed = (live.get("status") or {}).get("observedGeneration")
    if observed is None or not str(observed).isdigit():
        return True
    return int(observed) >= int(live["metadata"].get("generation") or 0)


def _given_up(live: Document) -> str | None:
    """Return why a controller gave up: a Rollout that was aborted stays so, and no wait would help."""
    status = live.get("status") or {}
    if live.get("kind") == "Rollout" and status.get("abort"):
        return f"the rollout was aborted: {status.get('message') or 'nobody said why'}"
    return None


def _compiled(text: str) -> Callable[[Document], bool]:
    if text.startswith("condition="):
        name, _, status = text.removeprefix("condition=").partition("=")
        wanted = (status or "True").lower()
        return lambda live: str(condition(live, name).get("status", "")).lower() == wanted
    match = _JSON_PATH.fullmatch(text)
    if match is None or _STEP.sub("", match["path"]):
        raise HeadgateError(
            "the annotation pulumi.com/waitFor can't be read",
            found=text,
            expected="condition=<type>[=<status>] or jsonpath={.path.to.field}[=<value>]",
            fix="correct the annotation",
        )
    steps, wanted_value = _STEP.findall(match["path"]), match["value"]
    return lambda live: _matches(_value(live, steps), wanted_value)


def _value(value: Any, steps: list[tuple[str, str, str]]) -> Any:
    for name, index, quoted in steps:
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            key = quoted or re.sub(r"\\(.)", r"\1", name)
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _matches(value: Any, wanted: str | None) -> bool:
    if wanted is None:
        return value is not None
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return value is not None and shown == wanted.strip("'\"")
