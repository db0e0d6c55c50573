"""A collector on a filesystem that gets full and has room again, run by `test_full_disk.py` in a mount namespace.

Prints as JSON what its two probes answered before, while it was full, and after.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import urllib3
from full_disk import fill

_TOKEN = "0123456789abcdef0123456789abcdef"
_PATIENCE = 30


def probes(address: str, wanted: int) -> list[object]:
    """Return what both say once the readiness probe has the wanted status, or time is up."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        live, ready = (urllib3.request("GET", f"{address}/{path}", retries=False) for path in ("healthz", "readyz"))
        if ready.status == wanted or time.monotonic() > deadline:
            return [live.status, ready.status, ready.json().get("error", "")]


def post(address: str) -> int:
    """Send an entry of more than a page of the disk, and return the status."""
    entry = json.dumps({"kind": "incident", "actor": "a", "data": {"x": "x" * 20_000}}).encode()
    headers = {"authorization": f"Bearer {_TOKEN}"}
    return urllib3.request("POST", f"{address}/v1/entries", body=entry, headers=headers, retries=False).status


def main(root: Path) -> None:
    """Start it, fill the disk, be refused, make room."""
    token, ballast = root / "token", root / "ballast"
    token.write_text(_TOKEN)
    command = [sys.executable, "-m", "headgate.audit.collector"]
    options = ["--ledger", str(root / "ledger"), "--token-file", str(token)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        address = process.stdout.readline().split()[-1]
        found = [probes(address, 200), post(address)]
        fill(ballast, 0)
        found += [probes(address, 503), post(address)]
        ballast.unlink()
        found += [probes(address, 200), post(address)]
    finally:
        process.terminate()
        process.wait(10)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
