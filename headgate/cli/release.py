"""`headgate release`: move what was proven in one environment to the next."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.ledger_place import LedgerPlace
from headgate.cli.patch_screen import coloured
from headgate.cli.stacks_folder import STACKS
from headgate.errors import Exit

if TYPE_CHECKING:
    from headgate.release.changes import Change
    from headgate.release.promote import Promotion
    from headgate.release.proof import Evidence, Judged
    from headgate.stack.identity import StackName

_FILE = click.Path(path_type=Path, dir_okay=False)
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")


@click.group(short_help="Move a release from dev to staging to prod.")
def release() -> None:
    """Move a release along: what was proven in one environment goes into the stack file of the next."""


@release.command()
@click.argument("owner", metavar="TEAM")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--only", "only", multiple=True, metavar="NAME", help="Only this model (or other entry); repeatable.")
@click.option("--prune", is_flag=True, help="Also remove from TO what FROM no longer has.")
@click.option("--dry-run", is_flag=True, help="Print the change, write nothing.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where TO does not have the release yet.")
@click.option("--ledger", type=LedgerPlace(), help="Ledger that says what was deployed in FROM.")
@click.option("--state", type=_FILE, help="State of FROM: what `pulumi stack export` printed.")
@STACKS
@click.option("--json", "as_json", is_flag=True, help="Print data instead of text.")
def promote(
    owner: str,
    source: str,
    target: str,
    only: tuple[str, ...],
    prune: bool,
    dry_run: bool,
    check: bool,
    ledger: Path | None,
    state: Path | None,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Write the release of TEAM's FROM stack into its TO stack: dev to staging, staging to prod.

    Carried along are models and images, by version and digest, with the settings beside them; replicas, quotas,
    regions, groups and budgets stay each environment's own. Comments and form of the file stay as they are, and the
    result must be valid. Nothing is deployed and nothing committed: the change is a pull request's.

    Prod takes only digests that were deployed in staging. What says so is the ledger (--ledger, else the one that this
    shell records in) or the stack's state (--state, else that of this machine's back end). What neither says is
    refused, whatever the options: there is no way round it but to deploy the digest in staging.

    Exit code: 0 done, or nothing to do; 1 refused for want of proof, or --check found a release to carry; 2 else.
    """
    from headgate.release.promote import promotion, route
    from headgate.release.proof import judge, require
    from headgate.stack.folder import find_stacks

    names = route(owner, source, target)
    found = promotion(*names, folder or find_stacks(), only, prune=prune)
    judged: list[Judged] = []
    if names[1].environment == "prod" and found.digests:
        judged = judge(found.digests, _evidence(names[0], ledger, state))
        require(judged, names[0])
    writes = bool(found.changes) and not (dry_run or check)
    if writes:
        found.write()
    click.echo(_as_json(found, judged, writes) if as_json else "\n".join(_report(found, judged, writes)))
    return int(Exit.VIOLATIONS if check and found.changes else Exit.WELL)


def _evidence(stack: StackName, ledger: Path | None, state: Path | None) -> list[Evidence]:
    """Gather what says what was deployed: what was named, else what this machine has."""
    from headgate.gate.record import configured_ledger
    from headgate.plan import load
    from headgate.release import proof

    found = []
    where = ledger or configured_ledger()
    if where is not None and (entries := proof.from_ledger(where, stack)) is not None:
        found.append(entries)
    if state is not None:
        found.append(proof.from_state(load.state(str(state)), stack, str(state)))
    elif (own := _own_state(stack)) is not None:
        found.append(own)
    return found


def _own_state(stack: StackName) -> Evidence | None:
    """Return what this machine's own back end says of a stack, where it has one."""
    from headgate.engine import projects
    from headgate.plan import load
    from headgate.release import proof
    from headgate.sandbox.layout import StateDir
    from headgate.stack.folder import find_stacks

    path = projects.stack_state(StateDir.from_environment(), projects.read(find_stacks().parent), str(stack))
    return proof.from_state(load.state(str(path)), stack, str(path)) if path.is_file() else None


def _as_json(found: Promotion, judged: list[Judged], written: bool) -> str:
    document: dict[str, Any] = {
        "source": str(found.source),
        "target": str(found.target),
        "file": found.file,
        "changes": [change.as_json() for change in found.changes],
        "only_in_target": list(found.comparison.kept),
        "proof": [each.as_json() for each in judged],
        "diff": found.diff,
        "written": written,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _report(found: Promotion, judged: list[Judged], written: bool) -> list[str]:
    """Return the lines for a person."""
    kept = [
        f"{click.style('kept', fg='yellow')}  {each} is not in {found.source}; --prune removes it"
        for each in found.comparison.kept
    ]
    if not found.changes:
        return [f"{found.target} has the release of {found.source}: nothing to do", *kept]
    lines = [click.style(f"{found.source} → {found.target}", bold=True), *map(_line, found.changes), ""]
    lines += [*map(coloured, found.diff.splitlines()), ""]
    review = [each for change in found.changes for each in change.review]
    lines += [*_proofs(judged), *kept]
    lines += [f"{click.style('review', fg='yellow')}  {each}, as in {found.source}" for each in review]
    if not written:
        return [*lines, f"not written: {found.file}"]
    return [
        *lines,
        f"wrote {found.file}",
        f"next: headgate check --stack {found.target}, then commit it and open a pull request",
    ]


def _line(change: Change) -> str:
    """Return one change in a line."""
    if change.action == "set":
        return f"  {change.shown}  {_brief(change.before)} → {_brief(change.after)}"
    return f"  {change.shown}  {'new' if change.action == 'add' else 'removed'}"


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _DIGEST.sub(r"\1…", text)


def _proofs(judged: list[Judged]) -> list[str]:
    """Say of each digest for production what it stands on."""
    return [
        f"{click.style(str(each.proof), fg='green')}  {each.setting} {_brief(each.digest)}: {each.place}"
        for each in judged
    ]
