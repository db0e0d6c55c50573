"""`headgate sandbox ask`: a request through the front door, as a client would send it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from headgate.cli.front_door import require_answer, through_front_door
from headgate.errors import HeadgateError


@click.command()
@click.argument("model")
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A request of the Open Inference Protocol, in JSON.  [default: a sample of examples/models/MODEL]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ask(model: str, file: Path | None, as_json: bool) -> None:
    """Ask a model through the front door.

    Tells the answer, the region that gave it, and the digest of the model that gave it. Names are found in the
    sandbox's network map, and TLS is verified by its authority.
    """
    from headgate.sandbox.layout import StateDir

    answer = through_front_door(model, request_of(model, file), StateDir.from_environment())
    if as_json:
        click.echo(json.dumps(answer.as_json(), indent=2))
    elif answer.ok:
        said = ", ".join(f"{name} {values}" for name, values in (answer.outputs or {}).items())
        click.echo(f"{model} answered from {answer.region} in {answer.seconds * 1000:.0f} ms: {said}\n{answer.digest}")
    require_answer(answer)


def request_of(model: str, file: Path | None) -> dict[str, Any]:
    """Return what is asked: a request of one's own, else a sample that lies beside the example model."""
    from headgate.sandbox.layout import CHECKOUT

    source = file or CHECKOUT / "examples" / "models" / model / "samples.json"
    try:
        document = json.loads(source.read_text(encoding="utf-8"))
        request: dict[str, Any] = document if file else document[1]["request"]
        if not isinstance(request["inputs"], list):
            raise TypeError("`inputs` is no list")
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise HeadgateError(
            "there is no request to send",
            where=str(source),
            found=str(error),
            expected='{"inputs": [{"name": …, "datatype": …, "shape": […], "data": […]}]}',
            fix="name one with --file",
        ) from error
    return request
