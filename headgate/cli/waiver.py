"""`headgate waiver`: key, new, sign, list, expire."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.passphrase import passphrase
from headgate.cli.plain import plain
from headgate.cli.stacks_folder import STACKS
from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.policy.bundle import Bundle
    from headgate.waiver.document import Written

_POLICIES = click.option("--policies", type=click.Path(file_okay=False), help="The rules (default: policies/).")


@click.group()
@STACKS
@click.pass_context
def waiver(context: click.Context, folder: Path | None) -> None:
    """Leave to break a rule for a while: stacks/waivers/<team>.yaml.

    A team asks (`new`), an approver of policies/approvers.yaml signs (`sign`), all gates let it through until its last
    day. What is waived is still told and recorded.
    """
    from headgate.stack import find_stacks

    context.obj = folder or find_stacks()


@waiver.command()
@click.argument("name")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File of the private key.")
@click.option("--vault", metavar="ADDRESS", help="The key that a vault has: azurekeyvault://VAULT/KEY/VERSION.")
@click.option("--role", "roles", multiple=True, default=("security",), show_default=True, help="What they answer for.")
@click.option("--known-as", multiple=True, metavar="ADDRESS", help="Their name in git or CI.")
def key(name: str, out: Path | None, vault: str | None, roles: tuple[str, ...], known_as: tuple[str, ...]) -> None:
    """Make a key for the approver NAME; its passphrase is asked for, or read from $HEADGATE_KEY_PASSPHRASE_FILE.

    Prints the entry for policies/approvers.yaml, and nothing else on standard output. With --vault nothing is made: the
    entry is that of a key in Azure Key Vault, which approves plans.
    """
    from headgate.approval.vault import public_key
    from headgate.approver.keys import new_key
    from headgate.approver.register import entry

    if (out is None) == (vault is None):
        raise click.UsageError("name either --out or --vault")
    if out is not None:
        public = str(new_key(name, out, passphrase(confirm=True)))
        click.echo(f"wrote {out}: keep it to yourself", err=True)
    else:
        public = str(public_key(name, str(vault)))
    click.echo("add to policies/approvers.yaml, under approvers:", err=True)
    click.echo(entry(name, public, roles, known_as))


@waiver.command()
@click.argument("rule")
@click.option("--stack", required=True, help="The stack, such as fraud-dev.")
@click.option("--resource", required=True, help="The resource's name; * stands for any characters.")
@click.option("--reason", required=True, help="Why.")
@click.option("--ticket", required=True, help="Where the work that ends it is planned.")
@click.option("--by", "requested_by", required=True, help="Who asks.")
@click.option("--days", type=click.IntRange(1, 90), default=30, help="For how many days [30].")
@click.option("--gates", default="P,U", help="Where it counts: P, U, A [P,U].")
@click.option("--namespace", default="", help="The namespace, for gate A and for manifests.")
@_POLICIES
@click.pass_obj
def new(folder: Path, /, rule: str, days: int, gates: str, policies: str | None, **fields: str) -> None:
    """Ask for leave to break RULE: writes it to the team's file, unsigned."""
    from headgate.policy.bundle import Bundle
    from headgate.waiver import document
    from headgate.waiver.standing import today

    path = document.path_of(folder, fields["stack"])
    written = document.read_all(folder)
    since = today()
    values: dict[str, Any] = {
        "id": _free_id(rule, written),
        "rule": rule.upper(),
        "gates": [each.strip().upper() for each in gates.split(",")],
        **{name: value for name, value in fields.items() if value},
        "since": since.isoformat(),
        "expires": (since + datetime.timedelta(days=days - 1)).isoformat(),
    }
    text = _appended(path, values)
    wanted = document.checked(text, path)[-1]
    _refuse_hopeless(wanted, Bundle.find(policies))
    path.parent.mkdir(exist_ok=True)
    _write(path, text)
    click.echo(f"wrote {wanted.waiver.id} to {path}\nnext: an approver runs `headgate waiver sign {wanted.waiver.id}`")


@waiver.command()
@click.argument("waiver_id", metavar="WAIVER")
@click.option("--as", "name", required=True, help="Your name in policies/approvers.yaml.")
@click.option("--key", "key_file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Your key.")
@click.option("--yes", is_flag=True, help="Do not ask whether this is what you mean to sign.")
@_POLICIES
@click.pass_obj
def sign(folder: Path, waiver_id: str, name: str, key_file: Path, yes: bool, policies: str | None) -> None:
    """Sign WAIVER, after you have read it."""
    from headgate.approver import register
    from headgate.approver.keys import open_key
    from headgate.policy.bundle import Bundle
    from headgate.waiver.signature import signed
    from headgate.waiver.standing import standing, today

    written = _found(folder, waiver_id)
    bundle = Bundle.find(policies)
    _refuse_hopeless(written, bundle)
    for field, value in written.waiver.signed_text.items():
        click.echo(plain(f"  {field + ':':<14}{', '.join(value) if isinstance(value, list) else value}"))
    if not yes:
        click.confirm("Sign this?", abort=True)
    made = signed(written.waiver, open_key(name, key_file, passphrase()))
    # One that begins later is judged as it will stand on its first day.
    day = max(made.since, today())
    (stands,) = standing([replace(written, waiver=made)], register.read(bundle.root), bundle.rules, day)
    if not stands.counts:
        raise HeadgateError(
            "this signature would not count",
            where=stands.where,
            found=stands.problem,
            expected="the key of an approver of policies/approvers.yaml, with a role that it lists under `waivers:`",
            fix="ask another approver, or correct policies/approvers.yaml",
        )
    _set(written, approver=made.approver, signature=made.signature)
    click.echo(f"signed {waiver_id} as {name}: it counts until {made.expires}")


@waiver.command(name="list")
@click.option("--stack", help="Of this stack only.")
@click.option("--json", "as_json", is_flag=True, help="Print data instead of a table.")
@_POLICIES
@click.pass_obj
def list_(folder: Path, stack: str | None, as_json: bool, policies: str | None) -> None:
    """List the waivers: whether they count, until when, and why the others do not."""
    from rich.console import Console
    from rich.table import Table

    from headgate.policy.bundle import Bundle
    from headgate.waiver.force import in_force

    _, found = in_force(Bundle.find(policies), folder)
    rows = [each for each in found if stack in (None, each.waiver.stack)]
    if as_json:
        listed = [
            {**each.waiver.model_dump(mode="json"), "counts": each.counts, "problem": each.problem, "where": each.where}
            for each in rows
        ]
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    table = Table("id", "rule", "stack", "resource", "until", "ticket", "counts", box=None, pad_edge=False)
    for each in rows:
        one = each.waiver
        counts = "yes" if each.counts else f"no: {each.problem}"
        table.add_row(one.id, one.rule, one.stack, one.resource, str(one.expires), one.ticket, counts)
    Console().print(table if rows else "no waivers")


@waiver.command()
@click.argument("waiver_id", metavar="WAIVER")
@click.pass_obj
def expire(folder: Path, waiver_id: str) -> None:
    """Have WAIVER expire today, before its last day: from now on its rule holds again."""
    from headgate.waiver.standing import today

    written = _found(folder, waiver_id)
    if written.waiver.ended is not None:
        raise HeadgateError(
            "the waiver has been ended",
            where=str(written.origin),
            found=str(written.waiver.ended),
            expected="one that runs",
        )
    _set(written, ended=today().isoformat())
    click.echo(f"{waiver_id} expired: {written.waiver.rule} holds again")


def _free_id(rule: str, written: tuple[Written, ...]) -> str:
    taken = {each.waiver.id for each in written}
    numbers = range(1, len(taken) + 2)
    return next(name for number in numbers if (name := f"{rule.lower()}-{number}") not in taken)


def _appended(path: Path, values: dict[str, Any]) -> str:
    """Return the file's text with one more waiver."""
    from headgate.stack.edit import StackText
    from headgate.stack.snippet import Snippet
    from headgate.waiver.document import KEY

    text = path.read_text(encoding="utf-8") if path.exists() else f"{KEY}: []\n"
    lines = tuple(f"{name}: {Snippet.of(value).inline()}" for name, value in values.items())
    return StackText(str(path), text).append((KEY,), Snippet(values, lines)).text


def _found(folder: Path, waiver_id: str) -> Written:
    from headgate.waiver.document import read_all
    from headgate.waiver.force import FOLDER

    written = read_all(folder)
    found = next((each for each in written if each.waiver.id == waiver_id), None)
    if found is None:
        raise HeadgateError(
            "there is no such waiver",
            where=str(folder / FOLDER),
            found=waiver_id,
            expected=", ".join(each.waiver.id for each in written) or "one that `headgate waiver new` wrote",
            fix="headgate waiver list",
        )
    return found


def _set(written: Written, **values: Any) -> None:
    """Write fields of a waiver into its file; comments and all else stay."""
    from headgate.stack.edit import StackText
    from headgate.stack.snippet import Snippet
    from headgate.waiver.document import checked

    path = Path(written.origin.file)
    text = StackText(str(path), path.read_text(encoding="utf-8"))
    for name, value in values.items():
        text = text.set((*written.place, name), Snippet.of(value))
    checked(text.text, path)
    _write(path, text.text)


def _write(path: Path, text: str) -> None:
    """Put the whole file in place at once."""
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _refuse_hopeless(written: Written, bundle: Bundle) -> None:
    """Refuse what no signature would make count."""
    from headgate.waiver.standing import hopeless

    problem = hopeless(written.waiver, {rule.id: rule for rule in bundle.rules}.get(written.waiver.rule))
    if problem:
        raise HeadgateError(
            "this can't be waived", found=problem, expected="a rule and gates of `headgate policy list`"
        )
