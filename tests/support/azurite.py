"""Azurite, which is Azure Blob Storage on this machine, and places for ledgers in it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import urllib3
from azure.storage.blob import ContainerClient

from lint import environment

# Azurite's own account, which its documentation publishes.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run Azurite; lend the connection string."""
    program = environment.node_program("azurite", "azurite-blob")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(program), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    command += ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    try:
        wait = urllib3.Retry(total=60, backoff_factor=0.2, backoff_max=1)
        urllib3.PoolManager().request("GET", endpoint, retries=wait)
        yield f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={endpoint};"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def new_place(connection: str) -> str:
    """Make a container; return an address in it."""
    container = f"ledger-{uuid.uuid4().hex}"
    ContainerClient.from_connection_string(connection, container).create_container()
    return f"azblob://{ACCOUNT}/{container}/prod"
