"""`headgate watchdog`: the dead man's switch, for a machine outside the platforms that it listens to."""

from __future__ import annotations

from pathlib import Path

import click

from headgate.ending import told_to_end
from headgate.errors import HeadgateError


@click.command("watchdog")
@click.option("--expect", "expected", multiple=True, required=True, metavar="PLATFORM", help="Platform to hear.")
@click.option("--call", required=True, metavar="URL", help="Webhook that is called, in Alertmanager's form.")
@click.option("--token-file", type=click.Path(path_type=Path), required=True, help="Token that platforms must show.")
@click.option("--call-token-file", type=click.Path(path_type=Path), help="Token that is shown to the webhook.")
@click.option("--silent-after", default=300, show_default=True, help="Seconds without a word that are silence.")
@click.option("--remind-after", default=3600, show_default=True, help="Seconds after which silence is told again.")
@click.option("--listen", default="127.0.0.1:9095", show_default=True, metavar="HOST:PORT", help="Where to listen.")
@click.option("--runbooks", default="", metavar="URL", help="Where docs/runbooks is published.")
def watchdog(
    expected: tuple[str, ...],
    call: str,
    token_file: Path,
    call_token_file: Path | None,
    silent_after: int,
    remind_after: int,
    listen: str,
    runbooks: str,
) -> None:
    """Call somebody when a platform's Watchdog falls silent.

    Run it outside the platforms, behind TLS. Give each platform's Alertmanager the address
    https://HOST/v1/heard/PLATFORM and the token (`dead_man` of ClusterAlerting). GET /healthz answers whoever watches
    the watcher. It ends quietly on SIGTERM; after a restart silence counts anew.
    """
    from headgate.watchdog.service import Service, Settings

    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise HeadgateError("this is no address", found=listen, expected="HOST:PORT", fix="--listen 127.0.0.1:9095")
    service = Service(
        Settings(
            expected=expected,
            token=_token(token_file),
            call=call,
            call_token=_token(call_token_file) if call_token_file else "",
            patience=silent_after,
            remind=remind_after,
            host=host,
            port=int(port),
            runbooks=runbooks,
        )
    )
    told_to_end(service.stop)
    click.echo(f"listening on {service.address} for {', '.join(expected)}")
    service.run()


def _token(path: Path) -> str:
    """Return the token in a file; an empty one would let everybody in."""
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise HeadgateError("this token can't be read", where=str(path), found=str(error)) from error
    if not token:
        raise HeadgateError("this token is empty", where=str(path), fix="openssl rand -hex 32 > FILE")
    return token
