"""By whose rules `headgate check` judges: a tree of files, or a signed bundle that a key vouches for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from headgate.policy.bundle import Bundle

OPTIONS = (
    click.option(
        "--policies", type=click.Path(file_okay=False), help="The rules (default: policies/ of the checkout)."
    ),
    click.option(
        "--bundle",
        metavar="REFERENCE@DIGEST|FILE",
        envvar="HEADGATE_RULES_BUNDLE",
        help="Judge by a signed rules bundle, verified with --key (or HEADGATE_RULES_BUNDLE).",
    ),
    click.option(
        "--key",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar="HEADGATE_RULES_KEY",
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
    from headgate import temporary
    from headgate.cli.policy_bundle import content_of
    from headgate.policy.archive import unpack

    content = content_of(bundle)
    folder = click.get_current_context().with_resource(temporary.folder("rules"))
    return unpack(content, key, folder)
