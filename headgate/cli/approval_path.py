"""What the commands of the protected path share: whose rules, which project, where plans and approvals are kept."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from headgate.approval.store import PlanRecord, Store
    from headgate.engine.projects import Project
    from headgate.gate.protected import Rules

_REGISTRY = "oci://"
_LOGIN_SERVER = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
STACK = click.option("-s", "--stack", required=True, help="The stack, as in stacks/Pulumi.STACK.yaml.")
TARGET = click.option(
    "--target",
    metavar="REF",
    envvar="HEADGATE_TARGET",
    help="Whose rules and approvers count: a branch or commit [origin/HEAD, else what is committed].",
)
DIGEST = click.option("--plan", "digest", metavar="DIGEST", help="The plan [the one that was made last].")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@dataclass(frozen=True)
class ProtectedPath:
    """A stack, by whose rules it is judged, and where its plans are."""

    stack: str
    project: Project
    rules: Rules
    store: Store

    def plan(self, digest: str | None) -> PlanRecord:
        """Return a plan that was made: the one that is named, else the last one."""
        from headgate.errors import HeadgateError

        wanted = digest or self.store.latest(self.stack)
        found = self.store.plan(self.stack, wanted) if wanted else None
        if found is None:
            raise HeadgateError(
                "there is no such plan",
                where=self.store.where(self.stack),
                found=wanted or "no plan of this stack",
                expected="a plan of `headgate plan`",
                fix=f"headgate plan -s {self.stack}",
            )
        return found


@contextlib.contextmanager
def protected_path(stack: str, target: str | None) -> Iterator[ProtectedPath]:
    """Lend the way to a stack; the rules that count for it lie in a directory of this run."""
    from headgate.cli.check_facts import facts_of_environment
    from headgate.cli.check_rules import trusted_rules
    from headgate.engine import projects
    from headgate.gate.protected import Rules
    from headgate.gate.record import configured_ledger
    from headgate.stack import find_stacks
    from headgate.waiver.force import in_force

    stacks = find_stacks()
    project = projects.read(stacks.parent)
    projects.require_file(project, stack)
    with trusted_rules(project.root, target) as bundle:
        waived, waivers = in_force(bundle, stacks)
        # Who approves is shown the verdict that the update will have: on models and on the past as well.
        known = facts_of_environment(bundle, configured_ledger())
        yield ProtectedPath(stack, project, Rules(waived, waivers, known), store_of_shell())


def store_of_shell() -> Store:
    """Return where this shell keeps plans: HEADGATE_APPROVALS, else a folder beside the sandbox's state."""
    from headgate.approval.store import FolderStore
    from headgate.sandbox.layout import StateDir

    named = os.environ.get("HEADGATE_APPROVALS") or ""
    if not named.startswith(_REGISTRY):
        return FolderStore(Path(named) if named else StateDir.from_environment().root / "approvals")
    from headgate.approval.registry_store import RegistryStore
    from headgate.cli.model_options import client
    from headgate.errors import HeadgateError

    login_server = named.removeprefix(_REGISTRY)
    if not _LOGIN_SERVER.fullmatch(login_server):
        raise HeadgateError(
            "this is no registry for plans and approvals",
            where="HEADGATE_APPROVALS",
            found=named,
            expected="oci://LOGIN_SERVER, such as oci://hgplatformprod.azurecr.io",
            fix="name the registry alone: each stack has a repository of its own in it",
        )
    return RegistryStore(client(login_server))


def options(*chosen: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Add options to a command, in this order."""

    def add(command: Any) -> Any:
        for option in reversed(chosen):
            command = option(command)
        return command

    return add
