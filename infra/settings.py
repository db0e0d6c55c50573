"""Loads what the stack asks for: Pulumi's settings laid over the defaults, and who answers for what is made."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from components import names
from headgate.stack import LoadedStack, StackName, load_stack

if TYPE_CHECKING:
    from components.contract.ownership import Ownership

CHECKOUT = Path(__file__).resolve().parents[1]
# What decides what is deployed; a commit that touches nothing of it leaves every resource as it is.
PROGRAM = ("Pulumi.yaml", "infra", "components", "headgate/stack", "stacks/defaults", "stacks/slo")
# Where build systems say which commit and change they run for.
COMMIT_VARIABLES = ("HEADGATE_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION")
CHANGE_VARIABLES = ("HEADGATE_CHANGE", "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "CI_MERGE_REQUEST_IID")
UNRECORDED = "unrecorded"


@dataclass(frozen=True)
class Settings:
    """A stack's settings, and who answers for what it makes."""

    stack: LoadedStack
    ownership: Ownership


def load() -> Settings:
    """Load the settings of the stack that Pulumi runs."""
    name = StackName.parse(pulumi.get_stack())
    config = pulumi.Config("headgate")
    stack = load_stack(name, CHECKOUT / "stacks", config.get_object(name.section))
    owned = stack.config
    return Settings(
        stack,
        {
            "team": name.owner,
            "owner": owned.owner,
            "environment": str(name.environment),
            "cost_center": owned.cost_center,
            "data_class": str(owned.data_class),
            "commit": config.get("commit") or _variable(COMMIT_VARIABLES) or _last_commit(name),
            "change": config.get("change") or _variable(CHANGE_VARIABLES) or UNRECORDED,
        },
    )


def platform_image(settings: Settings, repository: str, digest: str, mirror: str | None = None) -> str:
    """Return an image of the platform's registry, or of a mirror of it.

    Its host follows from the settings, so every preview knows it.
    """
    server = mirror or names.login_server(settings.stack.platform.organisation, settings.ownership["environment"])
    return f"{server}/{repository}@{digest}"


def _variable(names: tuple[str, ...]) -> str | None:
    """Return the first of these variables that is set."""
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _last_commit(name: StackName) -> str:
    """Return the last commit that changed what this stack deploys; outside a repository there is none to name."""
    own = f"stacks/{name.file_name}"
    try:
        answer = subprocess.run(
            ["git", "-C", str(CHECKOUT), "log", "-1", "--format=%H", "--", *PROGRAM, own],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return UNRECORDED
    return answer.stdout.strip() or UNRECORDED
