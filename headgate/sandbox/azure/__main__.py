"""`python -m headgate.sandbox.azure`: serves one state directory's Azure until it is told to end."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from pathlib import Path

from headgate.ending import told_to_end
from headgate.errors import HeadgateError
from headgate.sandbox.azure.counterparts import Counterparts
from headgate.sandbox.azure.resources import Resources
from headgate.sandbox.azure.server import AzureServer
from headgate.sandbox.azure.store import Store
from headgate.sandbox.layout import StateDir

# Azure's typical seconds times this: a cluster's 200 s become one.
DEFAULT_SCALE = 0.005


def main(arguments: list[str] | None = None) -> int:
    """Serve; a signal ends it, and running operations go on at the next start."""
    options = _options(arguments)
    logging.basicConfig(level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    state = (StateDir(Path(options.state).resolve()) if options.state else StateDir.from_environment()).ensure()
    store = Store(state.root / "azure")
    resources = Resources(store, _counterparts(options, state, store), options.time_scale)
    try:
        server = AzureServer(state.azure_socket, resources)
    except HeadgateError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    told_to_end(server.shutdown)
    threading.Thread(target=resources.resume, name="resume", daemon=True).start()
    try:
        server.serve_forever(poll_interval=0.2)
    finally:
        server.server_close()
        resources.operations.stop()
        store.close()
    # Threads inside long waits must not keep the process; the store is closed and nothing is lost.
    os._exit(0)


def _counterparts(options: argparse.Namespace, state: StateDir, store: Store) -> Counterparts:
    if options.simulated:
        return Counterparts()
    from headgate.sandbox.azure.counterparts.platform import real_counterparts

    return real_counterparts(state, store)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="headgate.sandbox.azure", description=__doc__)
    parser.add_argument("--state", help="state directory (default: HEADGATE_STATE)")
    scale = float(os.environ.get("HEADGATE_AZURE_TIME_SCALE", DEFAULT_SCALE))
    parser.add_argument("--time-scale", type=float, default=scale, help="share of Azure's typical times to take")
    parser.add_argument("--simulated", action="store_true", help="start no real counterparts")
    parser.add_argument("--log-level", default="info", choices=["debug", "info", "warning", "error"])
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
