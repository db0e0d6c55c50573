"""`headgate audit cosign | witness`: somebody else's signature on a checkpoint, and being that somebody."""

from __future__ import annotations

from pathlib import Path

import click

from headgate.cli.audit_options import PATH, json_option, ledger_option
from headgate.errors import HeadgateError


@click.command()
@ledger_option
@click.option("--address", required=True, help="Where the witness answers, such as http://127.0.0.1:8700.")
@click.option("--witness", "key", type=PATH, required=True, help="File of the witness's public key.")
@json_option
def cosign(ledger: Path, address: str, key: Path, as_json: bool) -> None:
    """Have a witness sign the current checkpoint (c2sp.org/tlog-witness), and keep its signature with the ledger.

    Fails when the witness knows another history: the ledger was set back, or written anew.
    """
    import json

    from headgate.audit.cosignature import WitnessKey
    from headgate.audit.witnessed import ask_witness

    known = WitnessKey.read(key)
    checkpoint = ask_witness(ledger, address.rstrip("/"), known)
    if as_json:
        click.echo(json.dumps({"witness": known.name, "size": checkpoint.size, "root": checkpoint.root.hex()}))
    else:
        click.echo(f"{known.name} signed the tree of {checkpoint.size} entries, root {checkpoint.root.hex()}")


@click.command()
@click.option("--state", type=PATH, required=True, help="Folder of what it remembers, and of its key (made here).")
@click.option("--name", default="headgate.dev/witness", show_default=True, help="Name of a new key.")
@click.option("--log", "logs", type=PATH, multiple=True, required=True, help="Public key of a ledger to watch.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback; 0 chooses a free one.")
def witness(state: Path, name: str, logs: tuple[Path, ...], port: int) -> None:
    """Be a witness: sign the checkpoints of ledgers that only ever grow, until interrupted.

    It is worth something on a machine, and with people, that the ledger's owner does not control.
    """
    import asyncio

    from headgate.audit.folder import Folder
    from headgate.audit.note import is_key_name
    from headgate.audit.witness import Witness
    from headgate.audit.witness_server import serve

    if not is_key_name(name):
        raise HeadgateError("this can't name a key", where="--name", found=name, expected="no spaces, no plus signs")
    opened = Witness(state, name, [Folder(path.parent).verifier(path) for path in logs])
    try:
        asyncio.run(serve(opened, port))
    finally:
        opened.close()
