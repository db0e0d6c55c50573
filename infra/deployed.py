"""What a stack last exported and holds, read while its program runs: no resource, nothing kept in the state.

A StackReference would be a resource of the plan, and its value known only later: a program that decides which regions
it has must know at once.
"""

from __future__ import annotations

from typing import Any

import pulumi

READ = "pulumi:pulumi:readStackOutputs"
READ_RESOURCES = "pulumi:pulumi:readStackResourceOutputs"


def exports(stack: str) -> dict[str, Any]:
    """Return the exports of a stack's last update; of one that does not exist, or never ran, none."""
    return dict(_read(READ, {"name": stack}).get("outputs") or {})


def resources(stack: str, kind: str) -> dict[str, dict[str, Any]]:
    """Return the outputs of a stack's resources of one type, by URN: also of what a failed update left there."""
    found = _read(READ_RESOURCES, {"stackName": stack}).get("outputs") or {}
    return {urn: dict(each.get("outputs") or {}) for urn, each in found.items() if each.get("type") == kind}


def _read(function: str, arguments: dict[str, str]) -> dict[str, Any]:
    try:
        answer = pulumi.runtime.invoke(function, arguments).value
    except Exception as error:
        if "unknown stack" in str(error):
            return {}
        raise
    return dict(answer or {})
