"""By whose rules the gates judge: a tree of files, or a signed bundle that a key vouches for.

`headgate check` is told in its line; the protected path and the update gate, which have none for it, by variables.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.policy.bundle import Bundle

BUNDLE, KEY = "HEADGATE_RULES_BUNDLE", "HEADGATE_RULES_KEY"
OPTIONS = (
    click.option(
        "--policies", type=click.Path(file_okay=False), help="The rules (default: policies/ of the checkout)."
    ),
    click.option(
        "--bundle",
        metavar="REFERENCE@DIGEST|FILE",
        envvar=BUNDLE,
        help="Judge by a signed rules bundle, verified with --key (or HEADGATE_RULES_BUNDLE).",
    ),
    click.option(
        "--key",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar=KEY,
        help="Public key of who signs the rules (or HEADGATE_RULES_KEY).",
    ),
)


def rules_of(policies: str | None, bundle: str | None, key: Path | None) -> Bundle:
    """Return the rules that were named; those of a bundle lie in a directory of this run."""
    from headgate.policy.bundle import Bundle

    if bundle is None:
        return Bundle.find(policies)
    if policies is not None:
        raise click.UsageError("--policies and --bundle name different rules: leave one out.")
    if key is None:
        raise click.UsageError("--bundle needs --key: a bundle is believed for its signature alone.")
    return click.get_current_context().with_resource(_signed(bundle, key))


@contextlib.contextmanager
def rules_of_environment() -> Iterator[Bundle]:
    """Lend the update gate its rules: the signed bundle that the environment names, else those of the checkout."""
    from headgate.policy.bundle import Bundle

    with _named() as signed:
        yield signed or Bundle.find()


@contextlib.contextmanager
def trusted_rules(project: Path, target: str | None) -> Iterator[Bundle]:
    """Lend the rules that judge a plan: the signed bundle that the environment names, else the target branch's."""
    from headgate.gate.protected import rules_of_target

    if target and os.environ.get(BUNDLE):
        raise HeadgateError(
            "the rules of a branch and a signed bundle are both named, and they may differ, so nothing was judged",
            found=f"{target} and {os.environ[BUNDLE]}",
            expected="one of them",
            fix=f"leave out --target (HEADGATE_TARGET), or unset {BUNDLE}",
        )
    with _named() as signed:
        if signed is not None:
            yield signed
            return
        with rules_of_target(project, target) as bundle:
            yield bundle


@contextlib.contextmanager
def _named() -> Iterator[Bundle | None]:
    """Lend the rules of the signed bundle that the environment names; nothing, where it names none."""
    bundle, key = os.environ.get(BUNDLE), os.environ.get(KEY)
    if not bundle:
        yield None
        return
    if not key or not Path(key).is_file():
        raise HeadgateError(
            "a rules bundle is believed for its signature alone, so nothing was judged",
            where=bundle,
            found=f"no key at {key}" if key else "no key",
            expected="the public key of who signs the rules",
            fix=f"name its file: {KEY}",
        )
    with _signed(bundle, Path(key)) as rules:
        yield rules


@contextlib.contextmanager
def _signed(bundle: str, key: Path) -> Iterator[Bundle]:
    from headgate import temporary
    from headgate.cli.policy_bundle import content_of
    from headgate.policy.archive import unpack

    content = content_of(bundle)
    with temporary.folder("rules") as folder:
        yield unpack(content, key, folder)
