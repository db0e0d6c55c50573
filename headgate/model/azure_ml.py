"""An Azure Machine Learning registry as a mirror: a version's files, under its digest, with the proofs named beside.

Through Azure's management interface (`Microsoft.MachineLearningServices/registries/models/versions`), and its blobs by
the address that the registry lends for an upload. A mirror proves nothing: what counts is the registry that it names.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import urllib3

from headgate.errors import HeadgateError
from headgate.model.proofs.standing import Standing

MANAGEMENT = "https://management.azure.com"
_API = "2024-04-01"
_ADDRESS = re.compile(r"azureml://registries/(?P<name>[a-zA-Z0-9][\w-]{2,32})")
_SUBSCRIPTION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIMEOUT = urllib3.Timeout(connect=10.0, read=60.0)
_POLL_SECONDS = 2.0
_PATIENCE = 600.0
_ENDED = ("Failed", "Canceled")
DIGEST = "headgate.digest"

Upload = Callable[[str, str, Path], None]


@dataclass(frozen=True)
class Mirror:
    """Which registry: its name, and where Azure keeps it."""

    name: str
    subscription: str
    resource_group: str

    @classmethod
    def of(cls, address: str, subscription: str, resource_group: str) -> Mirror:
        """Read `azureml://registries/NAME`."""
        found = _ADDRESS.fullmatch(address)
        if found is None or not _SUBSCRIPTION.fullmatch(subscription):
            raise HeadgateError(
                "this is no registry of Azure Machine Learning",
                where="--to" if found is None else "--subscription",
                found=address if found is None else subscription,
                expected="azureml://registries/NAME, and the subscription's id",
            )
        return cls(found["name"], subscription, resource_group)

    def path(self, model: str, *more: str) -> str:
        """Return the path of a model, or of what belongs to it."""
        group = ("subscriptions", self.subscription, "resourceGroups", self.resource_group)
        registry = ("providers", "Microsoft.MachineLearningServices", "registries", self.name)
        return "/" + "/".join(quote(part, safe="") for part in (*group, *registry, "models", model, *more))


def names(standing: Standing) -> tuple[str, str]:
    """Return what a version is called there: without its team, and by its digest, as rules read it."""
    return standing.model.name.rpartition("/")[2], standing.model.digest.replace(":", "-")


def said(standing: Standing, source: str) -> dict[str, str]:
    """Return what is written beside the files: where the proofs are, and which there were."""
    found = {
        DIGEST: standing.model.digest,
        "headgate.model": f"{standing.model.name}@{standing.model.version}",
        "headgate.source": source,
        "headgate.stage": str(standing.stage),
        "headgate.signed-by": ", ".join(sorted({each.by for each in standing.signatures})),
    }
    return found | {f"headgate.{kind}-by": each.by for kind, each in sorted(standing.attested.items())}


class AzureMl:
    """One registry, asked with a token of Entra ID. `management` is another host in tests."""

    def __init__(self, mirror: Mirror, token: Callable[[], str], upload: Upload, management: str = MANAGEMENT) -> None:
        """Take how it is asked; nothing is sent yet."""
        self._mirror, self._token, self._upload, self._management = mirror, token, upload, management
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    def put(self, standing: Standing, folder: Path, described: Mapping[str, str]) -> str:
        """Have a version there with its files and what is said of it; return its address.

        One that is there keeps its files, since it is named by their digest, and gets what is said now.
        """
        model, version = names(standing)
        path = self._mirror.path(model, "versions", version)
        present = self._ask("GET", path, missing_is_none=True)
        if present is None:
            self._ask("PUT", self._mirror.path(model), {"properties": {"tags": {"managed-by": "headgate"}}})
            where = self._lent(path)
            self._upload(where["credential"]["sasUri"], model, folder)
            uri = f"{where['blobUri'].rstrip('/')}/{model}"
        else:
            uri = self._kept(present, standing)
        properties = {"modelUri": uri, "modelType": "custom_model", "properties": dict(described)}
        self._ask("PUT", path, {"properties": properties})
        self._wait(path)
        return f"azureml://registries/{self._mirror.name}/models/{model}/versions/{version}"

    def _lent(self, path: str) -> dict[str, Any]:
        """Return the place that the registry lends for an upload."""
        answer = self._ask("POST", f"{path}/startPendingUpload", {"pendingUploadType": "TemporaryBlobReference"})
        try:
            where: dict[str, Any] = (answer or {})["blobReferenceForConsumption"]
            _ = where["credential"]["sasUri"], where["blobUri"].rstrip
        except (LookupError, TypeError, AttributeError) as error:
            raise self._unable("it lends no place for an upload", "a blob reference with a SAS address") from error
        return where

    def _kept(self, present: Mapping[str, Any], standing: Standing) -> str:
        """Return where the files of a version are that is there already; refuse one that somebody else put there."""
        properties = present.get("properties") or {}
        found = (properties.get("properties") or {}).get(DIGEST)
        if found != standing.model.digest or not isinstance(properties.get("modelUri"), str):
            raise self._unable(f"a version of this name of {found or 'nobody knows what'}", standing.model.digest)
        return str(properties["modelUri"])

    def _wait(self, path: str) -> None:
        """Return when the version is there."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            answer = self._ask("GET", path, missing_is_none=True) or {}
            state = (answer.get("properties") or {}).get("provisioningState")
            if state == "Succeeded":
                return
            if state in _ENDED or time.monotonic() > deadline:
                raise self._unable(f"provisioning state {state}", "Succeeded")
            time.sleep(_POLL_SECONDS)

    def _ask(self, method: str, path: str, body: object = None, *, missing_is_none: bool = False) -> Any:
        """Ask, and return the answer's document; an answer never holds the token, so it may be shown."""
        headers = {"authorization": f"Bearer {self._token()}", "content-type": "application/json"}
        url = f"{self._management}{path}?api-version={_API}"
        content = None if body is None else json.dumps(body).encode()
        try:
            answer = self._pool.request(method, url, body=content, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise self._unable(type(error).__name__, "an answer") from error
        if answer.status == 404 and missing_is_none:
            return None
        if not 200 <= answer.status < 300:
            raise self._unable(f"{answer.status} {_message(answer.data)}", "a right to write there")
        try:
            return json.loads(answer.data) if answer.data else None
        except ValueError as error:
            raise self._unable("an answer that is no JSON", "JSON") from error

    def _unable(self, found: str, expected: str) -> HeadgateError:
        return HeadgateError(
            "the version can't be mirrored",
            where=f"azureml://registries/{self._mirror.name}",
            found=found,
            expected=expected,
            fix="look at the registry and at your rights (AzureML Registry User), and run the command again",
        )


def _message(body: bytes) -> str:
    """Return what Azure says of a refusal."""
    try:
        return str(json.loads(body)["error"]["message"])[:200]
    except (ValueError, LookupError, TypeError):
        return ""


def entra_token() -> Callable[[], str]:
    """Return what gives a token of whoever `az login`, a managed identity or the environment says."""
    identity = _installed("azure.identity")
    credential = identity.DefaultAzureCredential()
    return lambda: str(credential.get_token(f"{MANAGEMENT}/.default").token)


def to_blobs(address: str, prefix: str, folder: Path) -> None:
    """Upload a folder's files to a container, streamed. The address is a secret while it lasts: it is never shown."""
    blobs, core = _installed("azure.storage.blob"), _installed("azure.core.exceptions")
    try:
        with blobs.ContainerClient.from_container_url(address) as container:
            for file in sorted(each for each in folder.rglob("*") if each.is_file()):
                with file.open("rb") as content:
                    container.upload_blob(f"{prefix}/{file.relative_to(folder)}", content, overwrite=True)
    except core.AzureError as error:
        raise HeadgateError(
            "the version's files can't be uploaded", found=type(error).__name__, fix="run the command again"
        ) from None


def _installed(module: str) -> Any:
    """Return one of Azure's libraries."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise HeadgateError(
            "Azure Machine Learning can't be asked",
            found="a Headgate without Azure's libraries",
            expected="azure-identity and azure-storage-blob",
            fix="pip install 'headgate[azure]'",
        ) from error
