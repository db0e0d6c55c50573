"""`headgate policy facts`: keep the signed facts current by which clusters judge models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.ledger_place import LedgerPlace
from headgate.cli.model_options import Believed, believed, registry_of
from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.gate.published import Published, Publisher

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--registry", "login_server", required=True, envvar="HEADGATE_REGISTRY", metavar="LOGIN_SERVER", help="Registry."
)
@click.option("--key", type=_FILE, required=True, help="Private key of the facts, PEM, P-256: not that of the rules.")
@believed
@click.option(
    "--ledger",
    type=LedgerPlace(exists=True),
    envvar="HEADGATE_LEDGER",
    help="Ledger that says where a version was deployed (or HEADGATE_LEDGER).",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write each edition to this file too, for gates that reach no registry (`headgate check --facts`).",
)
@click.option("--watch", is_flag=True, help="Go on, and publish whenever something is new, until it is interrupted.")
@click.option("--every", type=click.FloatRange(min=0.5), default=2.0, show_default=True, help="Seconds between looks.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each edition.")
def facts(
    login_server: str,
    key: Path,
    believed: Believed,
    ledger: Path | None,
    output: Path | None,
    watch: bool,
    every: float,
    as_json: bool,
) -> None:
    """Tell clusters what the registry knows of models: a signed bundle under the tag that their gates follow.

    What a gate was told counts for fifteen minutes. After that it denies models that its cluster has not admitted, and
    lets those that it has go on, unless they are restricted. Gates P and U take the same edition, by tag or file.
    """
    from headgate.gate.published import Publisher

    publisher = Publisher(
        registry_of(login_server), lambda: believed.trust(login_server, ledger), key, ledger, output=output
    )
    if watch:
        _watch(publisher, every, as_json)
    elif edition := publisher.keep():
        _say(edition, as_json)


def _watch(publisher: Publisher, every: float, as_json: bool) -> None:
    """Look again and again. A registry that is away may come back; meanwhile what was said runs out by itself."""
    import threading

    pause = threading.Event()
    while True:
        try:
            if edition := publisher.keep():
                _say(edition, as_json)
        except HeadgateError as error:
            click.echo(str(error), err=True)
        pause.wait(every)


def _say(edition: Published, as_json: bool) -> None:
    values = {
        "reference": str(edition.reference),
        "serial": edition.serial,
        "models": edition.models,
        "until": edition.until.isoformat(),
    }
    if as_json:
        click.echo(json.dumps(values))
    else:
        click.echo(f"{edition.reference}  {edition.models} models, until {edition.until:%H:%M:%S}")
