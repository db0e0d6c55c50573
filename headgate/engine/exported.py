"""A stack's state as the CLI exports it, for who is asked by an engine while it runs: secrets stay sealed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain import tool_path

# An export takes a second; a back end in a cloud may take some.
_SECONDS = 120
# What the engine above was told of its own command, this one would take for itself.
_OPTIONS = "PULUMI_OPTION_"


def exported(stack: str, project: Path) -> Mapping[str, Any]:
    """Return the state of a stack, with the back end and the secrets provider of this process's environment."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(_OPTIONS)}
    command = [str(tool_path("pulumi")), "stack", "export", "--stack", stack, "--non-interactive", "--color=never"]
    try:
        done = subprocess.run(
            command,
            cwd=project,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        found = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise _unread(stack, repr(error)) from error
    if not isinstance(found, dict):
        raise _unread(stack, done.stderr.strip() or f"exit code {done.returncode}")
    return found


def _unread(stack: str, found: str) -> HeadgateError:
    fix = "have `pulumi stack export` work in the shell of the update: back end, login, the stack's name"
    if "passphrase" in found.lower():
        # The pinned engine exports what is sealed as it is; others open it first, and what was typed is not ours.
        fix = (
            "export PULUMI_CONFIG_PASSPHRASE_FILE=FILE, which holds the passphrase and only you can read: what is"
            " typed at the terminal reaches the engine, and not its policy pack"
        )
    return HeadgateError(
        "what the stack consists of can't be read, so what is asked for can't be compared with it",
        where=stack,
        found=found,
        expected="the output of `pulumi stack export`",
        fix=fix,
    )
