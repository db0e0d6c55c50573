"""`headgate audit report`: an answer for an auditor, as text, HTML, JSON, or a bundle that verifies by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.audit_options import (
    FILE,
    index_option,
    key_option,
    ledger_option,
    named,
    no_time,
    persons_option,
    reader_of,
    unwritable,
)
from headgate.cli.plain import plain
from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.audit.reader import LedgerReader
    from headgate.evidence.question import Question


@click.command()
@ledger_option
@key_option
@click.option("--model", help="About this model, NAME or NAME@VERSION.")
@click.option("--stack", help="About this stack.")
@click.option("--since", help="About what happened at or after this time (2026-01-31 or 2026-01-31T12:00:00Z).")
@click.option("--control", help="About this control, such as A.8.32 or OM.A.3.")
@click.option(
    "--policies", type=click.Path(file_okay=False), help="Whose rules name the controls (default: policies/)."
)
@click.option("--html", type=FILE, help="Write the report as a page here.")
@click.option("--bundle", type=FILE, help="Write the report with its entries and their proofs here.")
@click.option("--json", "as_json", is_flag=True, help="Print data, not text.")
@index_option
@persons_option
def report(
    ledger: Path,
    key: Path | None,
    policies: str | None,
    html: Path | None,
    bundle: Path | None,
    as_json: bool,
    without_index: bool,
    persons: bool,
    **asked: str | None,
) -> None:
    """Tell who deployed what, when, by whose approval, under which rules, and with which evidence.

    A bundle is verified by `headgate audit verify --bundle FILE --key FILE`, without the ledger.
    """
    from headgate.audit.index import Index
    from headgate.evidence import mapping
    from headgate.evidence.answer import answer
    from headgate.evidence.bundle import build, text_of
    from headgate.evidence.collect import Collector
    from headgate.evidence.page import page
    from headgate.evidence.question import Question as Asked
    from headgate.policy.bundle import Bundle

    rules = Bundle.find(policies)
    documents = mapping.read(rules.root)
    controls = mapping.joined({rule.id: rule.controls for rule in rules.rules}, documents)
    mapped = mapping.served(documents)
    question = _valid(Asked(**asked), {*(one for named in controls.values() for one in named), *_ids(mapped)})
    reader = reader_of(ledger, key)
    with nullcontext() if without_index else Index(reader) as index:
        if index is not None:
            index.update()
        entries = Collector(reader, question, index).collect()
    found = answer(question, entries, controls, mapped)
    if bundle is not None:
        _write(bundle, text_of(build(reader, question, entries, controls, mapped)))
    people = named(ledger, persons)
    if people is not None:
        found = people.show(found)
    if html is not None:
        _write(html, page(found, _tree(reader)))
    if as_json:
        click.echo(json.dumps({"ledger": _tree(reader), **found}, indent=2, ensure_ascii=False))
    else:
        _print(found)


def _ids(mapped: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the controls that other documents name."""
    return {str(one["id"]) for one in mapped}


def _valid(question: Question, controls: set[str]) -> Question:
    """Return the question, or say what in it means nothing."""
    try:
        _ = question.begins
    except ValueError as error:
        raise no_time("--since", error) from error
    known = sorted(controls)
    if question.control and not any(question.concerns(one) for one in known):
        raise HeadgateError(
            "no rule names this control",
            where="--control",
            found=question.control,
            expected=f"one of {', '.join(one.split(' ')[-1] for one in known)}",
            fix="correct --control",
        )
    return question


def _tree(reader: LedgerReader) -> dict[str, str]:
    """Say which tree a report was made from."""
    checkpoint = reader.checkpoint
    return {
        "origin": checkpoint.origin,
        "entries": str(checkpoint.size),
        "root": checkpoint.root.hex(),
        "key": str(reader.verifier),
    }


def _write(path: Path, text: str) -> None:
    """Write a file, or say why not."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable("the report", path, error) from error
    click.echo(f"wrote {path}", err=True)


def _print(found: dict[str, Any]) -> None:
    """Print a report for a person."""
    for row in found["deployments"]:
        title = f"{row['stack']}  {row['time']}  by {row['actor']}  entry {row['entry']}"
        click.echo(click.style(plain(title), bold=True))
        click.echo(plain(f"  models     {', '.join(row['models']) or 'none that the ledger names'}"))
        click.echo(plain(f"  rules      {row['policy'] or 'not recorded'}"))
        approvers = [f"{one['approver']} (entry {one['entry']})" for one in row["approvals"]]
        click.echo(plain(f"  approvals  {', '.join(approvers) or 'none recorded'}"))
        verdicts = [f"{one.get('gate', '?')} {one['verdict']} (entry {one['entry']})" for one in row["decisions"]]
        click.echo(plain(f"  decisions  {', '.join(verdicts) or 'none recorded'}"))
        _print_operations(row.get("operations", ()))
        for one in row["missing"]:
            click.echo(f"  {click.style('missing', fg='yellow')}    {plain(one)}")
    if left := found.get("not_finished"):
        click.echo(click.style("updates that no deployment followed", bold=True))
        _print_operations(left)
    for one in found.get("mapped", ()) if found["asked"].get("control") else ():
        served = [*one.get("rules", ()), *one.get("commands", ())]
        entries = [f"{count} {kind}" for kind, count in one["evidence"].items()]
        click.echo(f"{one['id']}  {one['about']}: {', '.join([*served, *entries]) or one['outside']}")
    judged = [one for one in found["controls"] if one["decisions"]]
    click.echo(
        f"{len(found['deployments'])} deployments, {len(found['not_deployed'])} decisions that none followed, "
        f"{len(judged)} of {len(found['controls'])} controls judged"
    )


def _print_operations(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print what was done to resources, and which of them failed."""
    from headgate.evidence.operations import resources, told

    for row in rows:
        done = f"{row.get('action')} of {row['stack']} {row.get('result')}: {told(row)}"
        click.echo(plain(f"  resources  {done} (entry {row['entry']})"))
        for one in resources(row):
            if one.get("result") != "succeeded":
                name = str(one.get("urn")).rpartition("::")[2]
                click.echo(plain(f"             {one.get('result')}  {one.get('operation')} {name}"))
