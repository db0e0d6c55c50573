"""`headgate policy`: the rules, for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from headgate.cli.policy_bundle import bundle as bundle_group
from headgate.cli.policy_facts import facts as facts_command
from headgate.cli.policy_gatekeeper import gatekeeper
from headgate.errors import HeadgateError
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.catalogue import Rule

_POLICIES = click.option("--policies", type=click.Path(file_okay=False), help="The rules (default: policies/).")


@click.group()
def policy() -> None:
    """List, explain and test the rules; publish them signed."""


policy.add_command(bundle_group)
policy.add_command(facts_command)
policy.add_command(gatekeeper)


@policy.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_POLICIES
def list_rules(as_json: bool, policies: str | None) -> None:
    """List the rules: id, severity, gates, title."""
    from rich.console import Console
    from rich.table import Table

    rules = Bundle.find(policies).rules
    if as_json:
        click.echo(json.dumps([_as_json(rule) for rule in rules], indent=2, ensure_ascii=False))
        return
    table = Table("id", "severity", "gates", "scope", "title", box=None, pad_edge=False)
    for rule in rules:
        table.add_row(rule.id, rule.severity, " ".join(rule.gates), rule.scope, rule.title)
    Console().print(table)


@policy.command()
@click.argument("rule_id", metavar="RULE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_POLICIES
def explain(rule_id: str, as_json: bool, policies: str | None) -> None:
    """Explain RULE: why it is there, what to write, where it is enforced and how."""
    from headgate.policy.page import render

    bundle = Bundle.find(policies)
    rule = find(bundle, rule_id)
    click.echo(
        json.dumps(_as_json(rule), indent=2, ensure_ascii=False) if as_json else render(rule, bundle), nl=as_json
    )


@policy.command()
@_POLICIES
def test(policies: str | None) -> int:
    """Check and test the Rego: format, types, METADATA, unit tests with their coverage."""
    from headgate.policy.rego_test import steps

    bundle, failed = Bundle.find(policies), 0
    for step in steps(bundle):
        click.echo(f"{'ok  ' if step.ok else 'FAIL'}  {step.name}")
        if not step.ok:
            click.echo(step.detail)
            failed += 1
    return 1 if failed else 0


@policy.command()
@click.option("--check", "only_check", is_flag=True, help="Write nothing; fail where a page is not up to date.")
@_POLICIES
def pages(only_check: bool, policies: str | None) -> int:
    """Write the rule pages, docs/rules/, from the rules' METADATA and samples; and the schemas of what rules see."""
    from headgate.policy.page import FOLDER, all_pages
    from headgate.policy.schemas import derived

    bundle, stale = Bundle.find(policies), []
    written = {CHECKOUT / FOLDER / name: text for name, text in all_pages(bundle).items()}
    written |= {bundle.root / "schemas" / name: text for name, text in derived(bundle).items()}
    for path, text in written.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path))
        if not only_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        click.echo(f"{'stale' if only_check else 'wrote'} {name}")
    return 1 if only_check and stale else 0


@policy.command()
@click.argument("category")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(["object", "relation"]),
    default="object",
    show_default=True,
    help="Whether one resource is enough to decide.",
)
@_POLICIES
def new(category: str, name: str, scope: str, policies: str | None) -> None:
    """Write a new rule NAME of CATEGORY: rule, test and samples that pass as they are, with the next free id.

    It warns for 30 days, in every environment, before it denies.
    """
    import datetime

    from headgate.policy.scaffold import new_rule

    bundle = Bundle.find(policies)
    today = datetime.datetime.now(datetime.UTC).date()
    rule_id, files = new_rule(bundle, category, name, scope, today)
    for path in files:
        click.echo(f"wrote {path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path}")
    click.echo(f"{rule_id}: write what holds and why, then `headgate policy test` and `headgate policy pages`")


def find(bundle: Bundle, rule_id: str) -> Rule:
    """Return a rule by its id, whatever its case."""
    for rule in bundle.rules:
        if rule.id == rule_id.upper():
            return rule
    raise HeadgateError(
        "there is no such rule",
        found=rule_id,
        expected=", ".join(rule.id for rule in bundle.rules),
        fix="`headgate policy list`",
    )


def _as_json(rule: Rule) -> dict[str, Any]:
    file = rule.file
    return {
        **rule.as_data(),
        "title": rule.title,
        "description": rule.description,
        "severity": rule.severity,
        "gates": list(rule.gates),
        "scope": rule.scope,
        "controls": list(rule.controls),
        "remediation": rule.remediation,
        "page": rule.page,
        "file": str(file.relative_to(CHECKOUT) if file.is_relative_to(CHECKOUT) else Path(file)),
    }
