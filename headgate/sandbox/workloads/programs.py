"""The programs that the runner knows: a container whose image's repository ends in such a name is a real process."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping

from headgate.sandbox.toolchain import tool_path


def _opa() -> tuple[str, ...]:
    return (str(tool_path("opa")),)


def _certificates() -> tuple[str, ...]:
    return (sys.executable, "-m", "headgate.gate.certificates")


def _rollouts() -> tuple[str, ...]:
    return (str(tool_path("rollouts-controller")),)


def _receiver() -> tuple[str, ...]:
    return (sys.executable, "-m", "headgate.retraining")


def _ledger() -> tuple[str, ...]:
    return (sys.executable, "-m", "headgate.audit.collector")


def _adapter() -> tuple[str, ...]:
    return (str(tool_path("prometheus-adapter")),)


PROGRAMS: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "opa": _opa,
    "gate-certificates": _certificates,
    "rollouts-controller": _rollouts,
    "retraining-receiver": _receiver,
    "ledger": _ledger,
    "prometheus-adapter": _adapter,
}
# The same in the stages' language: what KWOK must hold back until the real process answers.
IMAGE_PATTERN = f"(^|/)({'|'.join(PROGRAMS)})(:[^/@]*)?(@[^/]*)?$"


def program_of(image: str) -> str | None:
    """Return the known program of an image reference, or None."""
    match = re.search(IMAGE_PATTERN, image)
    return match[2] if match else None


def command_of(program: str) -> tuple[str, ...]:
    """Return how the program is started here, before its container's arguments."""
    return PROGRAMS[program]()
