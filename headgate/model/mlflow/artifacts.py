"""A version's artifacts, through the tracking server's artifact proxy: listed within limits, and streamed to disk.

MLflow keeps no digests of artifacts: that a file is as long as was said is all that can be checked of it. What is
brought is hashed as it is written: the push reads it once, to send it, and the registry checks that it is the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from headgate.model.artifact import checked_path
from headgate.model.content import CHUNK, Passing
from headgate.model.errors import RegistryError
from headgate.model.mlflow.server import API, TrackingServer, quoted

PROXY = "/mlflow-artifacts/artifacts"
MAX_FILES = 10_000
MAX_DEPTH = 16
ATTEMPTS = 5


@dataclass(frozen=True)
class Artifact:
    """A file: its path in the version, and its length."""

    path: str
    size: int


def root_of(server: TrackingServer, uri: str) -> str:
    """Return where a version's artifacts are within the proxy, if it is this server's proxy that has them."""
    parts, proxy = urlsplit(uri), f"{server.uri}{API}{PROXY}/"
    if parts.scheme == "mlflow-artifacts" and parts.netloc in ("", urlsplit(server.uri).netloc):
        return checked_path(unquote(parts.path).strip("/"), uri)
    if uri.startswith(proxy):
        return checked_path(unquote(uri.removeprefix(proxy)).strip("/"), uri)
    raise RegistryError(
        "the artifacts of this version are not with the MLflow server",
        where=server.uri,
        found=parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl(),
        expected="mlflow-artifacts:/…, which the server itself serves",
        fix="start the server with --artifacts-destination and register the version anew; or bring the files with "
        "`mlflow artifacts download` and push them with `headgate model push`",
    )


def listed(server: TrackingServer, root: str, max_bytes: int) -> list[Artifact]:
    """Return all files beneath a folder; too many, too large, too deep, or outside of it are refused."""
    found = sorted(_files(server, root, "", 0), key=lambda each: each.path)
    if not found:
        raise RegistryError(
            "this version has no artifacts in MLflow",
            where=f"{server.uri} {root}",
            expected="at least one file",
            fix="log the model again: its files were never stored, or were deleted",
        )
    if len({each.path for each in found}) < len(found):
        raise RegistryError("MLflow names an artifact twice", where=f"{server.uri} {root}")
    size = sum(each.size for each in found)
    if size > max_bytes:
        raise RegistryError(
            "this version is larger than what may be imported",
            where=f"{server.uri} {root}",
            found=f"{size:,} bytes in {len(found)} files",
            expected=f"at most {max_bytes:,} bytes",
            fix="raise --max-size",
        )
    return found


def _files(server: TrackingServer, root: str, folder: str, depth: int) -> Iterator[Artifact]:
    rows = server.get(PROXY, path=f"{root}/{folder}".rstrip("/")).get("files") or []
    if depth > MAX_DEPTH or len(rows) > MAX_FILES:
        raise _too_many(f"{server.uri} {root}/{folder}")
    seen = 0
    for row in rows:
        name = str(row.get("path", ""))
        # The proxy gives names within the folder that was asked for: a path is an attempt to leave it.
        path = checked_path(f"{folder}/{name}".lstrip("/") if "/" not in name else "..", f"{server.uri} {name!r}")
        found = _files(server, root, path, depth + 1) if row.get("is_dir") else [Artifact(path, _size(row))]
        for each in found:
            seen += 1
            if seen > MAX_FILES:
                raise _too_many(f"{server.uri} {root}")
            yield each


def _too_many(where: str) -> RegistryError:
    return RegistryError(
        "this version has too many files, or too deep folders",
        where=where,
        expected=f"at most {MAX_FILES:,} files, {MAX_DEPTH} folders deep",
        fix="log the model without checkpoints and caches, or in archives",
    )


def _size(row: dict[str, object]) -> int:
    size = int(str(row.get("file_size", 0)))
    if size < 0:
        raise RegistryError("an artifact has no size", found=str(row)[:200])
    return size


def bring(server: TrackingServer, root: str, artifacts: list[Artifact], folder: Path) -> list[Passing]:
    """Write all files into a folder that is ours, and return what they hashed to as they were written."""
    wanted, free = sum(each.size for each in artifacts), shutil.disk_usage(folder).free
    if wanted > free:
        raise RegistryError(
            "there is no room for this version's files",
            where=str(folder),
            found=f"{free:,} bytes free",
            expected=f"{wanted:,} bytes",
            fix="name a folder on a larger disk: TMPDIR=/…",
        )
    passed = []
    for each in artifacts:
        target = folder / each.path
        target.parent.mkdir(parents=True, exist_ok=True)
        passed.append(_bring(server, f"{PROXY}/{quoted(f'{root}/{each.path}')}", each, target))
    return passed


def _bring(server: TrackingServer, path: str, artifact: Artifact, target: Path) -> Passing:
    """Stream one file; resume where it broke off, unless it has changed since."""
    mark, passing = "", Passing(artifact.path, artifact.size)
    for attempt in range(1, ATTEMPTS + 1):
        have = target.stat().st_size if mark and target.exists() else 0
        headers = {"Range": f"bytes={have}-", "If-Range": mark} if have else {}
        try:
            with server.open(path, headers) as response, target.open("ab" if response.status == 206 else "wb") as file:
                mark = response.headers.get("ETag", "")
                if response.status != 206:
                    passing = Passing(artifact.path, artifact.size)
                for chunk in response.stream(CHUNK, decode_content=False):
                    file.write(chunk)
                    passing.take(chunk)
                    if file.tell() > artifact.size:
                        break
            break
        except RegistryError as error:
            if attempt == ATTEMPTS or not error.unreachable:
                raise
    length = target.stat().st_size
    if length != artifact.size:
        raise RegistryError(
            "an artifact is not as long as MLflow says",
            where=f"{server.uri} {artifact.path}",
            found=f"{'more than ' if length > artifact.size else ''}{min(length, artifact.size):,} bytes",
            expected=f"{artifact.size:,} bytes",
            fix="import again when nothing writes to the run any more",
        )
    return passing
