"""References and digests are read strictly: what is almost right is refused by name."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.model import Descriptor, Reference, RegistryError, UnusableReferenceError
from headgate.model.descriptor import checked_digest, digest_of

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "a" * 64


def test_a_reference_by_digest_is_read_whole() -> None:
    """Registry, repository, tag and digest come apart, and go together again."""
    text = f"hgplatformsandbox.azurecr.io/models/fraud/fraud-score:1.0.0@{DIGEST}"

    reference = Reference.parse(text)

    assert reference == Reference("hgplatformsandbox.azurecr.io", "models/fraud/fraud-score", "1.0.0", DIGEST)
    assert str(reference) == text


def test_a_port_is_part_of_the_registry() -> None:
    """A colon before the first slash is a port, not a tag."""
    assert Reference.parse("127.0.0.1:5000/a/b") == Reference("127.0.0.1:5000", "a/b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fraud-score",
        "host/",
        "host/UPPER",
        "host/a@sha256:short",
        f"host/a@md5:{'a' * 32}",
        f"host/a@{DIGEST.upper()}",
        "host/a:",
        "host/a:bad tag",
        "host/../a",
        f"host//a@{DIGEST}",
        f"host/a@{DIGEST}\n",
        "ho st/a",
        "host/a@",
    ],
)
def test_a_reference_that_is_almost_right_is_refused(text: str) -> None:
    """No default registry, tag or algorithm is filled in."""
    with pytest.raises(UnusableReferenceError):
        Reference.parse(text)


@settings(deadline=None)
@given(
    st.from_regex(r"[a-z][a-z0-9.-]{0,20}(:[0-9]{1,5})?", fullmatch=True),
    st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}){0,3}", fullmatch=True),
    st.none() | st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}", fullmatch=True),
    st.none() | st.just(DIGEST),
)
def test_every_reference_survives_a_round_trip(
    registry: str, repository: str, tag: str | None, digest: str | None
) -> None:
    """What is written is what is read."""
    reference = Reference(registry, repository, tag, digest)

    assert Reference.parse(str(reference)) == reference


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_a_digest_is_the_sha256_of_the_bytes(content: bytes) -> None:
    """The digest of content is what any other tool computes."""
    assert digest_of(content) == checked_digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


@pytest.mark.parametrize("size", [None, -1, "3", 1.5])
def test_a_descriptor_without_a_usable_size_is_refused(size: object) -> None:
    """A size that can't be checked while streaming would let anything through."""
    with pytest.raises(RegistryError):
        Descriptor.from_json({"mediaType": "x", "digest": DIGEST, "size": size})


def test_a_descriptor_survives_a_round_trip() -> None:
    """Type, annotations and artifact type are kept."""
    descriptor = Descriptor("a/b", DIGEST, 3, {"k": "v"}, "c/d")

    assert Descriptor.from_json(descriptor.as_json()) == descriptor
