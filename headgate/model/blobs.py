"""Blobs to and from a registry: in chunks, resumed where they broke, verified while they stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import urllib3

from headgate.model.content import CHUNK, Content
from headgate.model.descriptor import Descriptor
from headgate.model.errors import IntegrityError, RegistryError
from headgate.model.transport import Transport
from headgate.model.uploads import Uploads

UPLOAD_CHUNK = 8 * CHUNK
ATTEMPTS = 5
OUT_OF_RANGE = 416
# An upload that is forgotten, whose token is no longer read, or that stands elsewhere than its token says.
NOT_KNOWN = (400, 404, OUT_OF_RANGE)


class Blobs:
    """The blob half of the distribution protocol, for one registry."""

    def __init__(self, transport: Transport, upload_chunk: int = UPLOAD_CHUNK, uploads: Uploads | None = None) -> None:
        self._transport = transport
        self._upload_chunk = upload_chunk
        self._uploads = uploads

    def exists(self, repository: str, digest: str) -> bool:
        """Say whether the repository has the blob."""
        return self._transport.request("HEAD", _path(repository, digest), accept=(404,)).status == 200

    def push(self, repository: str, content: Content) -> bool:
        """Upload unless it is there already; return whether bytes were sent. Goes on where another push was killed."""
        if self.exists(repository, content.digest):
            self._note(repository, content.origin, None)
            return False
        self.send(repository, content)
        return True

    def is_large(self, content: Content) -> bool:
        """Whether it takes more than one piece."""
        return content.size > self._upload_chunk

    def send(self, repository: str, content: Content) -> None:
        """Upload, whether it is there or not. The digest is said at the end, so nobody need have read it before."""
        origin = content.origin
        location, begun = self._begin(repository, content, origin)
        location = self._send_from(begun, repository, location, content, origin)
        try:
            self._finish(repository, location, content)
        except RegistryError as error:
            # What was sent before does not go with the rest: the file is another than it was then.
            if not begun or error.status not in NOT_KNOWN:
                raise
            location = self._send_from(0, repository, self._start(repository), content, origin)
            self._finish(repository, location, content)

    def _send_from(self, offset: int, repository: str, location: str, content: Content, origin: str) -> str:
        """Send content from a byte on, and return where the upload is to be finished."""
        furthest, failures = offset, 0
        while offset < content.size:
            try:
                location, offset = self._send_chunk(location, content, offset)
                self._note(repository, origin, location if offset < content.size else None)
            except RegistryError as error:
                failures += 1
                if failures >= ATTEMPTS or not (error.unreachable or error.status == OUT_OF_RANGE):
                    raise
                location, offset = self._resume(repository, location, error.status != OUT_OF_RANGE)
            # Only what is new counts: a registry that has to be sent all of it again and again is given up.
            if offset > furthest:
                furthest, failures = offset, 0
        return location

    def _begin(self, repository: str, content: Content, origin: str) -> tuple[str, int]:
        """Return where to send a blob, and from which byte on."""
        known = self._uploads.recall(repository, origin) if self._uploads else None
        location, offset = self._resume(repository, known, True) if known else (self._start(repository), 0)
        return (location, offset) if offset < content.size or not content.size else (self._start(repository), 0)

    def _note(self, repository: str, origin: str, location: str | None) -> None:
        """Remember where a blob is on its way to; with no location, that it is not any more."""
        if self._uploads and location:
            self._uploads.remember(repository, origin, location)
        elif self._uploads:
            self._uploads.forget(repository, origin)

    def _start(self, repository: str) -> str:
        response = self._transport.request("POST", f"/v2/{repository}/blobs/uploads/", headers={"Content-Length": "0"})
        return self._relative(response)

    def _send_chunk(self, location: str, content: Content, offset: int) -> tuple[str, int]:
        body = bytearray()
        for chunk in content.chunks(offset):
            body += chunk
            if len(body) >= self._upload_chunk:
                break
        piece = bytes(body[: self._upload_chunk])
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(len(piece)),
            "Content-Range": f"{offset}-{offset + len(piece) - 1}",
        }
        response = self._transport.request("PATCH", location, headers=headers, body=piece, repeat=False)
        return self._relative(response), offset + len(piece)

    def _resume(self, repository: str, location: str, agreed: bool) -> tuple[str, int]:
        """Ask how far the registry got; start anew when it has forgotten the upload, or counts otherwise than we."""
        response = self._transport.request("GET", location, accept=NOT_KNOWN)
        if response.status in NOT_KNOWN or not agreed:
            return self._start(repository), 0
        _, _, last = response.headers.get("Range", "0-0").partition("-")
        received = int(last or 0)
        # "0-0" means nothing yet: the specification counts the last byte, and has no form for none.
        return self._relative(response), received + 1 if received else 0

    def _finish(self, repository: str, location: str, content: Content) -> None:
        joint = "&" if "?" in location else "?"
        url = f"{location}{joint}digest={quote(content.digest)}"
        try:
            response = self._transport.request("PUT", url, headers={"Content-Length": "0"}, repeat=False)
        except RegistryError as error:
            # The answer may have been lost after the work was done.
            if error.unreachable and self.exists(repository, content.digest):
                return
            raise
        recorded = response.headers.get("Docker-Content-Digest", content.digest)
        if recorded != content.digest:
            raise IntegrityError("the registry stored another digest", found=recorded, expected=content.digest)

    def _relative(self, response: urllib3.BaseHTTPResponse) -> str:
        """Return an upload's location without its host: the login server is where we already are."""
        parts = urlsplit(response.headers["Location"])
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def stream(self, repository: str, descriptor: Descriptor, offset: int = 0) -> Iterator[bytes]:
        """Yield a blob's bytes as they come, from `offset`. Verifying is the caller's: `read` and `download` do."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        response = self._transport.request("GET", _path(repository, descriptor.digest), headers=headers, stream=True)
        if offset and response.status != 206:
            response.close()
            raise RegistryError("the registry does not resume downloads", where=descriptor.digest, status=OUT_OF_RANGE)
        try:
            yield from response.stream(CHUNK, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise RegistryError("the download broke off", where=descriptor.digest, found=str(error)) from error
        finally:
            response.close()

    def piece(self, repository: str, descriptor: Descriptor, offset: int, length: int) -> bytes | None:
        """Return some of a blob, unverified, for a guess; None from a registry that gives no parts."""
        headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
        response = self._transport.request("GET", _path(repository, descriptor.digest), headers=headers, stream=True)
        try:
            return response.read(length) if response.status == 206 else None
        finally:
            response.close()

    def stream_whole(self, repository: str, descriptor: Descriptor, offset: int = 0) -> Iterator[bytes]:
        """Yield a blob's bytes from `offset` to its end, however often the connection breaks in between."""
        failures = 0
        while True:
            try:
                for chunk in self.stream(repository, descriptor, offset):
                    yield chunk
                    offset, failures = offset + len(chunk), 0
            except RegistryError as error:
                failures += 1
                if failures >= ATTEMPTS or not error.unreachable:
                    raise
            else:
                return

    def read(self, repository: str, descriptor: Descriptor) -> bytes:
        """Return a small blob, verified."""
        body = bytearray()
        for chunk in self.stream(repository, descriptor):
            body += chunk
            if len(body) > descriptor.size:
                break
        check(descriptor, len(body), hashlib.sha256(body).hexdigest(), repository)
        return bytes(body)

    def download(self, repository: str, descriptor: Descriptor, target: Path) -> None:
        """Write a blob to `target`: beside it first, resumed where it broke, moved there only when it verifies."""
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = target.with_name(target.name + ".partial")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._download_rest(repository, descriptor, partial)
                break
            except IntegrityError:
                partial.unlink(missing_ok=True)
                raise
            except RegistryError as error:
                if error.status == OUT_OF_RANGE:
                    partial.unlink(missing_ok=True)
                elif attempt == ATTEMPTS or not error.unreachable:
                    raise
        partial.replace(target)

    def _download_rest(self, repository: str, descriptor: Descriptor, partial: Path) -> None:
        seen, length = hashlib.sha256(), 0
        with partial.open("a+b") as handle:
            handle.seek(0)
            while chunk := handle.read(CHUNK):
                seen.update(chunk)
                length += len(chunk)
            if length < descriptor.size or not length:
                for chunk in self.stream(repository, descriptor, length):
                    handle.write(chunk)
                    seen.update(chunk)
                    length += len(chunk)
                    if length > descriptor.size:
                        break
        check(descriptor, length, seen.hexdigest(), repository)


def check(descriptor: Descriptor, length: int, hexdigest: str, where: str) -> None:
    """Raise unless content is exactly what its descriptor says."""
    if length == descriptor.size and f"sha256:{hexdigest}" == descriptor.digest:
        return
    raise IntegrityError(
        "content is not what its digest says",
        where=f"{where}@{descriptor.digest}",
        found=f"sha256:{hexdigest}, {length} bytes",
        expected=f"{descriptor.digest}, {descriptor.size} bytes",
        fix="treat the registry's storage as tampered with: tell its owner, and push the version again from its source",
    )


def _path(repository: str, digest: str) -> str:
    return f"/v2/{repository}/blobs/{digest}"
