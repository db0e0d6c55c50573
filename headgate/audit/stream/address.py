"""The address of a receiver, `--to`: form, transport, host. It holds no secret, so that it can be shown and logged."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from headgate.errors import HeadgateError


@dataclass(frozen=True)
class _Scheme:
    """What a scheme stands for."""

    form: str
    is_encrypted: bool
    port: int
    path: str = ""


_SCHEMES = {
    "cloudevents+https": _Scheme("cloudevents", True, 443),
    "cloudevents+http": _Scheme("cloudevents", False, 80),
    "otlp+https": _Scheme("otlp", True, 4318, "/v1/logs"),
    "otlp+http": _Scheme("otlp", False, 4318, "/v1/logs"),
    "syslog+tls": _Scheme("syslog", True, 6514),
    "syslog+tcp": _Scheme("syslog", False, 601),
    "eventhubs": _Scheme("eventhubs", True, 443),
}
_EXAMPLES = "cloudevents+https://HOST/PATH, otlp+https://HOST, syslog+tls://HOST or eventhubs://NAMESPACE/HUB"


@dataclass(frozen=True)
class Address:
    """A receiver. `form` is what it takes: cloudevents, otlp, syslog, eventhubs."""

    scheme: str
    form: str
    is_encrypted: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address of an HTTP request."""
        return f"{'https' if self.is_encrypted else 'http'}://{self.authority}{self.path}"

    def __str__(self) -> str:
        """One form for one receiver, whatever was left out."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address, or say what is wrong with it."""
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise _bad("the address can't be read", str(error)) from error
        scheme = _SCHEMES.get(parts.scheme)
        if scheme is None:
            raise _bad("no receiver has this scheme", repr(parts.scheme), f"one of {', '.join(_SCHEMES)}")
        _require_no_secrets(parts)
        host = parts.hostname
        if not host:
            raise _bad("the address names no host", f"{parts.scheme}://")
        path = "" if parts.path == "/" else parts.path
        _require_path(scheme.form, path)
        if not scheme.is_encrypted and not _is_loopback(host):
            raise HeadgateError(
                "entries do not travel unencrypted",
                where="--to",
                found=f"{parts.scheme} to {host}",
                expected="a receiver on loopback, or an encrypted scheme",
                fix=f"write {_encrypted(scheme.form)}://, or send to a forwarder on this machine",
            )
        return cls(parts.scheme, scheme.form, scheme.is_encrypted, host, port or scheme.port, path or scheme.path)


def _require_no_secrets(parts: SplitResult) -> None:
    """Refuse what could hold a credential: addresses are shown, logged and seen by `ps`."""
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise HeadgateError(
            "an address holds no credentials",
            where="--to",
            found="a user, a query or a fragment in it, not shown here",
            expected=_EXAMPLES,
            fix="put the credential in a file of mode 0600 (--credential-file), or in HEADGATE_STREAM_CREDENTIAL",
        )


def _require_path(form: str, path: str) -> None:
    """Refuse a path where none belongs, and a hub that is missing."""
    if form == "eventhubs" and (path.count("/") != 1 or len(path) < 2):
        raise _bad("the address names no event hub", path or "no path", "eventhubs://NAMESPACE/HUB")
    if form == "syslog" and path:
        raise _bad("a syslog receiver has no path", path)


def _is_loopback(host: str) -> bool:
    """Say whether a host is this machine, by its name alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _encrypted(form: str) -> str:
    """Return the scheme of a form that encrypts."""
    return next(name for name, scheme in _SCHEMES.items() if scheme.form == form and scheme.is_encrypted)


def _bad(what: str, found: str, expected: str = _EXAMPLES) -> HeadgateError:
    """Return the error of an address."""
    return HeadgateError(what, where="--to", found=found, expected=expected, fix="correct --to")
