"""One POST to a receiver: what its answer means for the batch, and nothing secret in what is told of it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import urllib3

from headgate.audit.stream.address import Address
from headgate.audit.stream.credential import Certificates, Credential
from headgate.audit.stream.destination import TooLargeError, UnavailableError
from headgate.errors import HeadgateError

_TIMEOUT = urllib3.Timeout(connect=10.0, read=30.0)
_LONGEST_ANSWER = 64 * 1024
_SHOWN = 200
_TOO_LARGE = 413
_DENIED = (401, 403)
# What a receiver says when the same request may be taken later.
BUSY = frozenset((408, 425, 429, 500, 502, 503, 504))


def bearer(credential: Credential) -> str | None:
    """Return an `Authorization` header: a bare token is a bearer's; what names its scheme is sent as it is."""
    found = credential.read()
    return found if found is None or " " in found else f"Bearer {found}"


@dataclass(frozen=True)
class Form:
    """How a receiver is spoken to: type of the body, which answers pass, and how it is authorised."""

    content_type: str
    busy: frozenset[int] = BUSY
    authorization: Callable[[Credential], str | None] = bearer


class Http:
    """A receiver behind HTTP. Redirects are not followed: they would take the credential along."""

    def __init__(self, address: Address, form: Form, credential: Credential, certificates: Certificates) -> None:
        """Take where it is and how it is spoken to; nothing is sent yet."""
        self._address, self._form, self._credential = address, form, credential
        context = certificates.context() if address.is_encrypted else None
        self._pool = urllib3.PoolManager(retries=False, ssl_context=context, timeout=_TIMEOUT)

    def post(self, body: bytes, path: str = "") -> bytes:
        """Send a body and return the answer's; raises unless it was acknowledged."""
        authorization = self._form.authorization(self._credential)
        headers = {"content-type": self._form.content_type, "accept-encoding": "identity", "user-agent": "headgate"}
        if authorization is not None:
            headers["authorization"] = authorization
        url = self._address.url + path
        try:
            answer = self._pool.request("POST", url, body=body, headers=headers, redirect=False, preload_content=False)
            content = _bounded(answer)
        except urllib3.exceptions.SSLError as error:
            raise self._untrusted(error) from error
        except urllib3.exceptions.HTTPError as error:
            raise UnavailableError(_reason(error)) from error
        if not 200 <= answer.status < 300:
            raise self._refused(answer, content, authorization)
        return content

    def _refused(self, answer: urllib3.BaseHTTPResponse, content: bytes, authorization: str | None) -> Exception:
        """Return what an answer other than an acknowledgement means."""
        if answer.status == _TOO_LARGE:
            return TooLargeError()
        if answer.status in self._form.busy:
            return UnavailableError(f"it answers {answer.status}", retry_after(answer.headers.get("retry-after")))
        shown = _without(authorization, content[:_LONGEST_ANSWER].decode(errors="replace"))
        found = f"{answer.status} {shown[:_SHOWN].strip()}".strip()
        if answer.status in _DENIED:
            return HeadgateError(
                "the receiver does not accept the credential",
                where=str(self._address),
                found=found,
                expected=f"a credential that may write, from {self._credential.where}",
                fix="renew it in a file of mode 0600 (--credential-file); delivery goes on where it stopped",
            )
        return HeadgateError(
            "the receiver refused the entries",
            where=str(self._address),
            found=found,
            expected="a 2xx answer, which acknowledges them",
            fix="compare --to with the receiver's documentation; delivery goes on where it stopped",
        )

    def _untrusted(self, error: urllib3.exceptions.SSLError) -> Exception:
        """Return the error of a connection that can't be encrypted; one that was cut off may come back."""
        cause = error.args[0] if error.args else error
        if isinstance(cause, ssl.SSLEOFError):
            return UnavailableError("it closed the connection while it was being encrypted")
        return untrusted(self._address, cause)

    def close(self) -> None:
        """Let go of connections."""
        self._pool.clear()


def untrusted(address: Address, cause: object) -> HeadgateError:
    """Return the error of a receiver that TLS does not vouch for."""
    return HeadgateError(
        "the receiver can't be trusted: TLS failed",
        where=str(address),
        found=str(cause),
        expected=f"a certificate for {address.host} by an authority that this machine knows",
        fix="give the authority's certificate with --ca, or correct the receiver's",
    )


def _bounded(answer: urllib3.BaseHTTPResponse) -> bytes:
    """Read an answer, as far as anybody needs it; a connection with a rest on it is not used again."""
    content = answer.read(_LONGEST_ANSWER + 1)
    if len(content) > _LONGEST_ANSWER:
        answer.close()
    answer.release_conn()
    return content


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    """Return what happened on the way, in one line."""
    text = str(error)
    return text.partition(": ")[2] or text or type(error).__name__


def _without(authorization: str | None, text: str) -> str:
    """Return an answer without what was sent as the credential, should the receiver repeat it."""
    for secret in (authorization, authorization.partition(" ")[2]) if authorization else ():
        text = text.replace(secret, "***") if secret else text
    return text


def retry_after(text: str | None) -> float | None:
    """Return the seconds that a receiver asks to wait, from seconds or a date; None where it says nothing readable."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the second: of numbers that no date has
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
