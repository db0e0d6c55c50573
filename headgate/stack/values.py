"""The kinds of value that stack settings are made of, each with its pattern and its words."""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from headgate.stack.regions import known_region, region_catalogue


class Settings(BaseModel):
    """A group of settings: frozen, strict about types, and closed to unknown keys.

    Where a group is part of what a release carries (headgate.stack.released), `PER_ENVIRONMENT` names the fields of it
    that stay behind. `RELEASED` names fields that a release carries although no digest stands beside them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset()
    RELEASED: ClassVar[frozenset[str]] = frozenset()


class DataClass(StrEnum):
    """How sensitive a stack's data is; the class decides in which regions it may be."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class ClusterTier(StrEnum):
    """What uptime Azure promises for a cluster's API server."""

    FREE = "Free"
    STANDARD = "Standard"
    PREMIUM = "Premium"


def _matches(pattern: str, expected: str, fix: str) -> AfterValidator:
    """Return a validator that explains a pattern in words."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise PydanticCustomError("pattern", "{expected_text}", {"expected_text": expected, "fix": fix})
        return text

    return AfterValidator(check)


def _text(pattern: str, expected: str, fix: str) -> Any:
    """Return what makes `str` a described pattern, in Python and in the JSON Schema."""
    return _matches(pattern, expected, fix), WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$"})


_LABEL = _text(
    r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?",
    "2 to 40 lower-case letters, digits and hyphens, starting with a letter, not ending in a hyphen",
    "rename it; it becomes a Kubernetes name and a label",
)
Label = Annotated[str, *_LABEL]

_DIGEST = _text(
    r"sha256:[0-9a-f]{64}",
    "`sha256:` and 64 hexadecimal digits in lower case",
    "copy the digest that `headgate model push` or your image build printed; tags move, digests don't",
)
Digest = Annotated[str, *_DIGEST]

_VERSION = _text(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?",
    "a semantic version such as 1.4.0",
    "write MAJOR.MINOR.PATCH",
)
SemanticVersion = Annotated[str, *_VERSION]

_REPOSITORY = _text(
    r"[a-z0-9]+([._/-][a-z0-9]+)*",
    "a repository path without registry, tag or digest, such as runtimes/oip",
    "leave the registry out (the platform's is used) and put the digest in `digest:`",
)
Repository = Annotated[str, *_REPOSITORY]

# Of another kind than what a release carries along: each environment takes its rules when their owners say so.
_RULES_DIGEST = _text(
    r"sha256:[0-9a-f]{64}",
    "`sha256:` and 64 hexadecimal digits in lower case",
    "copy the digest that `headgate policy bundle push` printed, without registry and repository",
)
RulesDigest = Annotated[str, *_RULES_DIGEST]

_TAG = _text(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", "a tag of a registry, such as now", "write the tag alone")
Tag = Annotated[str, *_TAG]

# What every key of this curve begins with: its kind, its curve, an uncompressed point.
_P256 = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
_PUBLIC_KEY = _text(
    rf"-----BEGIN PUBLIC KEY-----\n{_P256}[A-Za-z0-9+/]{{28}}\n[A-Za-z0-9+/]{{58}}==\n-----END PUBLIC KEY-----\n?",
    "a public key of curve P-256, as PEM",
    "copy the file that `openssl ec -in KEY.pem -pubout` wrote, below `key: |`; the private half stays where it is",
)
PublicKey = Annotated[str, *_PUBLIC_KEY]

_GUID = _text(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "a GUID in lower case",
    "copy the object id from Entra ID (`az ad group show --query id`)",
)
Guid = Annotated[str, *_GUID]

_EMAIL = _text(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address", "write a mailbox that a person reads")
Email = Annotated[str, *_EMAIL]

_HOST = _text(
    r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}",
    "a host name such as models.example.com",
    "write the name without scheme or path",
)
Host = Annotated[str, *_HOST]

_SERVER = _text(
    r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}:[1-9]\d{1,4}",
    "a host name and a port such as smtp.example.com:587",
    "write both, without a scheme",
)
Server = Annotated[str, *_SERVER]

_TIME = _text(r"([01]\d|2[0-3]):[0-5]\d", "a time of day such as 20:00", "write HH:MM, in quotes")
TimeOfDay = Annotated[str, *_TIME]

_WEB = _text(r"https://[^\s]+", "an address that begins with https://", "write the whole address")
WebAddress = Annotated[str, *_WEB]

_ADDRESS = _text(
    r"https?://[^\s]+", "an address such as http://prometheus.monitoring.svc:9090", "write the whole address"
)
Address = Annotated[str, *_ADDRESS]

_OBJECTIVE = _text(
    r"slo/[a-z0-9][-a-z0-9]*\.yaml",
    "a file of stacks/slo, such as slo/fraud-refunds.yaml",
    "put the objective there, and write slo/ and its name",
)
ObjectiveFile = Annotated[str, *_OBJECTIVE]

_COUNTRY = _text(r"[1-9]\d{0,2}", 'a country code such as "971"', "write it without plus or zeros, in quotes")
CountryCode = Annotated[str, *_COUNTRY]

_DIGITS = _text(r"\d{4,14}", "4 to 14 digits", "write the number without the country, in quotes")
PhoneDigits = Annotated[str, *_DIGITS]

_MINOR = _text(r"1\.\d{2}(\.\d+)?", "a Kubernetes version such as 1.36", 'write it in quotes, such as "1.36"')
KubernetesVersion = Annotated[str, *_MINOR]

# A day without quotes is a point in time to Pulumi's reader of YAML, which hands it on in this form.
_PULUMIS_DAY = re.compile(r"(\d{4}-\d\d-\d\d) 00:00:00 \+0000 UTC")


def _day_as_written(value: Any) -> Any:
    """Return a day in the form in which it stands in the file."""
    found = _PULUMIS_DAY.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else value


_AS_WRITTEN = BeforeValidator(_day_as_written)

_MONTH = _text(r"\d{4}-(0[1-9]|1[0-2])-01", "the first day of a month, such as 2026-01-01", "write YYYY-MM-01")
FirstOfMonth = Annotated[str, *_MONTH, _AS_WRITTEN]

_DAY = _text(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "a day, such as 2026-01-31",
    "write YYYY-MM-DD",
)
Day = Annotated[str, *_DAY, _AS_WRITTEN]

_REASON = _text(
    r"[^\s!-/:-@\[-`{-~].{8,198}\S",
    "a reason of 10 to 200 characters on one line, starting with a letter or digit",
    "say what was wrong, for whoever reads it in a year",
)
Reason = Annotated[str, *_REASON]

_POOL = _text(
    r"[a-z][a-z0-9]{0,11}",
    "1 to 12 lower-case letters and digits, starting with a letter",
    "rename it; Azure allows no more in a pool's name",
)
PoolName = Annotated[str, *_POOL]

_OFFSET = _text(
    r"[+-](0\d|1[0-4]):[0-5]\d", "an offset from UTC such as +04:00", 'write it in quotes, such as "+04:00"'
)
UtcOffset = Annotated[str, *_OFFSET]

VmSize = Annotated[str, StringConstraints(pattern=r"^Standard_[A-Za-z0-9_]+$")]


def _number_as_text(value: Any) -> Any:
    """Accept `cpu: 2`, which is also what `pulumi config set --path` writes."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_CPU_PATTERN = r"\d+(\.\d+)?|\d+m"
Cpu = Annotated[
    str,
    BeforeValidator(_number_as_text),
    _matches(_CPU_PATTERN, "CPUs (2, 0.5) or thousandths (500m)", "write a Kubernetes CPU quantity"),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^(?:{_CPU_PATTERN})$"}, {"type": "number"}]}),
]

_MEMORY = _text(r"\d+(Ki|Mi|Gi|Ti)", "memory with a binary unit, such as 512Mi or 4Gi", "add the unit: Mi or Gi")
Memory = Annotated[str, *_MEMORY]


# What nobody on the Internet has, and whoever has a network may give out.
_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def address_range(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return what is written as ADDRESS/PREFIX, the one form that Azure and Kubernetes take; None for all else."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return None
    return network if text.endswith(f"/{network.prefixlen}") else None


def is_private(network: ipaddress.IPv4Network | ipaddress.IPv6Network | None) -> bool:
    """Whether a range is of those that private networks are made of.

    Not Python's own word: that calls loopback and 0.0.0.0/8 private, too.
    """
    return isinstance(network, ipaddress.IPv4Network) and any(map(network.subnet_of, _PRIVATE))


def _network(text: str) -> str:
    """Check the address range of a network."""
    network = address_range(text)
    if network is None or not is_private(network) or network.prefixlen > 20:
        raise PydanticCustomError(
            "network",
            "{expected_text}",
            {
                "expected_text": "a private IPv4 range of /20 or larger, such as 10.20.0.0/16",
                "fix": "choose a range of 10/8, 172.16/12 or 192.168/16 that no peered network uses",
            },
        )
    return text


Network = Annotated[
    str,
    AfterValidator(_network),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+/\d+$"}),
]


def _range(text: str) -> str:
    """Check a range of callers' addresses."""
    if address_range(text) is None:
        raise PydanticCustomError(
            "range",
            "{expected_text}",
            {"expected_text": "an address range such as 203.0.113.0/24", "fix": "write network/prefix, host bits zero"},
        )
    return text


ClientRange = Annotated[
    str, AfterValidator(_range), WithJsonSchema({"type": "string", "pattern": r"^[0-9a-fA-F.:]+/\d+$"})
]

RegionName = Annotated[
    str,
    AfterValidator(known_region),
    WithJsonSchema({"type": "string", "enum": list(region_catalogue())}),
]

# StrEnum members arrive as text from YAML; strict mode would refuse them.
DataClassField = Annotated[DataClass, Field(strict=False)]
ClusterTierField = Annotated[ClusterTier, Field(strict=False)]
