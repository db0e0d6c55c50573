"""Blobs under a prefix of a container, each written on a condition: nobody wrote it before, or it is as it was read.

Owns the conversation with Azure Blob Storage (`pip install 'headgate[azure]'`). What the blobs are is `blob_ledger`'s
business.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headgate.errors import HeadgateError

CONNECTION = "AZURE_STORAGE_CONNECTION_STRING"
# As click and pathlib leave it: two slashes in a row become one.
_ADDRESS = re.compile(r"azblob:/{1,2}([a-z0-9]{3,24})/([a-z0-9][a-z0-9-]{2,62})((?:/[A-Za-z0-9._-]+)*)/?")
_LOST = (409, 412)


class TakenError(HeadgateError):
    """Somebody else wrote first."""


@dataclass(frozen=True)
class Blobs:
    """A prefix of a container, and Azure's client for it."""

    address: str
    prefix: str
    client: Any

    @classmethod
    def of(cls, address: str) -> Blobs:
        """Open `azblob://ACCOUNT/CONTAINER[/PREFIX]` as whoever the environment or `az login` says."""
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise HeadgateError(
                "this is no place in Azure Blob Storage", found=address, expected="azblob://ACCOUNT/CONTAINER[/PREFIX]"
            )
        account, container, prefix = found.groups()
        try:
            from azure.identity import DefaultAzureCredential
            from azure.storage.blob import ContainerClient
        except ImportError as error:
            raise HeadgateError(
                "Azure Blob Storage can't be reached",
                where=address,
                found="a Headgate without Azure's libraries",
                fix="pip install 'headgate[azure]'",
            ) from error
        named = f"azblob://{account}/{container}{prefix}"
        if connection := os.environ.get(CONNECTION):
            client = ContainerClient.from_connection_string(connection, container)
            if client.account_name != account:
                raise HeadgateError(
                    "the connection string is of another account",
                    where=CONNECTION,
                    found=client.account_name,
                    expected=account,
                )
        else:
            client = ContainerClient(f"https://{account}.blob.core.windows.net", container, DefaultAzureCredential())
        return cls(named, f"{prefix.strip('/')}/".lstrip("/"), client)

    def read(self, name: str) -> tuple[bytes, str] | None:
        """Return a blob and what it is known by (ETag); None where there is none."""
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            found = self.client.download_blob(f"{self.prefix}{name}")
            return bytes(found.readall()), str(found.properties.etag)
        except ResourceNotFoundError as error:
            if error.error_code == "BlobNotFound":
                return None
            raise self._unreachable(name, error) from error
        except AzureError as error:
            raise self._unreachable(name, error) from error

    def names(self) -> Iterator[str]:
        """Yield the names of all blobs."""
        from azure.core.exceptions import AzureError

        try:
            for name in self.client.list_blob_names(name_starts_with=self.prefix):
                yield str(name).removeprefix(self.prefix)
        except AzureError as error:
            raise self._unreachable("", error) from error

    def create(self, name: str, content: bytes) -> None:
        """Write what nobody wrote before; the same content again is no other."""
        try:
            self._write(name, content)
        except TakenError:
            found = self.read(name)
            if found is None or found[0] != content:
                raise

    def claim(self, name: str, content: bytes, writer: str) -> None:
        """Write what nobody wrote before, whatever it is: of two that try, the second is told.

        An answer may be lost on its way, and the client then tries again: its own blob is known by the writer's name.
        """
        try:
            self._write(name, content, writer=writer)
        except TakenError:
            if (
                self.client.get_blob_client(f"{self.prefix}{name}").get_blob_properties().metadata.get("writer")
                != writer
            ):
                raise

    def replace(self, name: str, content: bytes, known: str | None) -> str:
        """Write over what is known by its ETag, or what is not there; return how the new one is known."""
        return self._write(name, content, known)

    def _write(self, name: str, content: bytes, known: str | None = None, writer: str = "") -> str:
        from azure.core import MatchConditions
        from azure.core.exceptions import AzureError, HttpResponseError

        # Without a condition of its own, `overwrite=False` writes on `If-None-Match: *`.
        condition = {"match_condition": MatchConditions.IfNotModified, "etag": known} if known else {}
        blob = self.client.get_blob_client(f"{self.prefix}{name}")
        try:
            metadata = {"writer": writer} if writer else None
            return str(blob.upload_blob(content, overwrite=bool(known), metadata=metadata, **condition)["etag"])
        except HttpResponseError as error:
            raise (self._taken(name) if error.status_code in _LOST else self._unreachable(name, error)) from error
        except AzureError as error:
            raise self._unreachable(name, error) from error

    def _taken(self, name: str) -> TakenError:
        return TakenError(
            "somebody else is writing this ledger: nothing of this was recorded",
            where=f"{self.address}/{name}",
            found="a blob that was written meanwhile",
            expected="one writer at a time",
            fix="run the command again, which begins where the other one ended; or send entries to one collector",
        )

    def _unreachable(self, name: str, error: Exception) -> HeadgateError:
        return HeadgateError(
            "Azure Blob Storage does not do what is asked",
            where=f"{self.address}/{name}",
            found=(str(error).strip().splitlines() or [type(error).__name__])[0][:200],
            expected="a container that is there, and the role Storage Blob Data Contributor",
            fix="see that the account answers and that you may write to it; opening the ledger again recovers it",
        )
