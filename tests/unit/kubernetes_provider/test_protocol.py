"""Values, diffs and paths of Pulumi's provider protocol."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from headgate.errors import HeadgateError
from headgate.sandbox.providers.protocol import server
from headgate.sandbox.providers.protocol.diff import (
    Change,
    PropertyChange,
    changes,
    diff_response,
    parse_path,
    path_text,
)
from headgate.sandbox.providers.protocol.errors import InitFailedError, answering
from headgate.sandbox.providers.protocol.servicer import StandInServicer
from headgate.sandbox.providers.protocol.values import (
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_SENTINELS,
    Asset,
    ResourceReference,
    Secret,
    conceal,
    decode,
    encode,
    is_known,
    reveal,
    secret_paths,
    unknown_paths,
    without_nulls,
)

pytestmark = pytest.mark.unit

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer()),
    st.text().filter(lambda text: text not in UNKNOWN_SENTINELS),
    st.just(UNKNOWN),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text().filter(lambda key: key != SIGNATURE), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text().filter(lambda key: key != SIGNATURE), VALUES | VALUES.map(Secret), max_size=5))
def test_what_is_encoded_is_decoded(properties: dict[str, Any]) -> None:
    """Every property tree survives the wire, integers as integers, secrets and unknowns as such."""
    assert decode(encode(properties)) == properties


def test_a_secret_travels_under_its_signature() -> None:
    """The engine recognises a secret by its marker, and a secret inside a secret is one secret."""
    wire = encode({"a": Secret({"b": Secret("x")})})

    assert dict(wire["a"]) == {SIGNATURE: SECRET, "value": {"b": "x"}}  # type: ignore[call-overload]


@pytest.mark.parametrize("sentinel", sorted(UNKNOWN_SENTINELS))
def test_every_kind_of_unknown_is_unknown(sentinel: str) -> None:
    """The engine has a marker per type; all mean that the value is not known."""
    assert decode(encode({"a": [sentinel]})) == {"a": [UNKNOWN]}


def test_outputs_assets_and_references_are_read() -> None:
    """Output values become their content; assets and resource references keep their fields."""
    output = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "v", "secret": True}
    later = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    asset = Asset(archive=False, fields={"text": "hello"})
    reference = ResourceReference("urn:x", "id", "1.0")

    found = decode(encode({"output": output, "later": later, "asset": asset, "reference": reference}))

    assert found == {"output": Secret("v"), "later": UNKNOWN, "asset": asset, "reference": reference}


def test_a_secret_does_not_show_itself() -> None:
    """The text form of a secret has no content, so that no message or traceback can leak it."""
    assert "hunter22" not in repr(Secret("hunter22"))


def test_paths_of_unknowns_and_secrets() -> None:
    """Unknowns are found inside secrets too; secrets are named by the outermost one."""
    value = {"a": [1, Secret({"b": UNKNOWN})], "c": UNKNOWN}

    assert list(unknown_paths(value)) == [("a", 1, "b"), ("c",)]
    assert list(secret_paths(value)) == [("a", 1)]
    assert not is_known(value)
    assert reveal(value) == {"a": [1, {"b": UNKNOWN}], "c": UNKNOWN}


def test_concealing_follows_the_inputs() -> None:
    """A value is secret where the inputs were; a list whose positions moved is secret as a whole."""
    like = {"a": Secret("x"), "b": {"c": Secret("y"), "d": "z"}, "l": [Secret("p"), "q"]}

    found = conceal({"a": "1", "b": {"c": "2", "d": "3"}, "l": ["4"], "e": "5"}, like)

    assert found == {"a": Secret("1"), "b": {"c": Secret("2"), "d": "3"}, "l": Secret(["4"]), "e": "5"}


def test_nulls_are_dropped_from_objects_only() -> None:
    """A null property is an absent one; a null in a list has a position."""
    assert without_nulls({"a": None, "b": [None, {"c": None}]}) == {"b": [None, {}]}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "ports", 0, "name"), "spec.ports[0].name"),
        (("metadata", "annotations", "a.b/c"), 'metadata.annotations["a.b/c"]'),
        (("a", 'say "hi"'), 'a["say \\"hi\\""]'),
        (("x-y", "z"), "x-y.z"),
    ],
)
def test_paths_read_as_pulumi_writes_them(path: tuple[str | int, ...], text: str) -> None:
    """A path has one text, and the text one path."""
    assert path_text(path) == text
    assert parse_path(text) == path


def test_changes_are_leaves_with_their_kind() -> None:
    """Added, deleted and updated leaves are named; absent and null are the same; numbers compare by value."""
    old = {"same": 1, "gone": "x", "list": [1, 2], "deep": {"a": 1}, "flag": True, "secret": Secret("s")}
    new = {"same": 1.0, "none": None, "list": [1, 3, 4], "deep": {"a": 2}, "flag": 1, "secret": "s", "late": UNKNOWN}

    assert list(changes(old, new)) == [
        PropertyChange(("deep", "a"), Change.UPDATE),
        PropertyChange(("flag",), Change.UPDATE),
        PropertyChange(("gone",), Change.DELETE),
        PropertyChange(("late",), Change.ADD),
        PropertyChange(("list", 1), Change.UPDATE),
        PropertyChange(("list", 2), Change.ADD),
    ]


def test_a_diff_response_names_what_replaces() -> None:
    """The engine gets top-level names, the replacing paths and a detailed diff."""
    found = [PropertyChange(("a", "b"), Change.ADD), PropertyChange(("c", 0), Change.UPDATE, replace=True)]

    response = diff_response(found, delete_before_replace=True)

    assert (list(response.diffs), list(response.replaces)) == (["a", "c"], ["c[0]"])
    assert response.deleteBeforeReplace
    kinds = {path: provider_pb2.PropertyDiff.Kind.Name(entry.kind) for path, entry in response.detailedDiff.items()}
    assert kinds == {"a.b": "ADD", "c[0]": "UPDATE_REPLACE"}
    assert diff_response([]).changes == provider_pb2.DiffResponse.DIFF_NONE


class _Failing(StandInServicer):
    package, version = "test", "1.2.3"

    @answering
    def Create(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:  # noqa: N802
        if request.preview:
            raise HeadgateError("not possible", fix="do something else")
        raise InitFailedError("the-id", {"out": Secret("x")}, {"in": 1}, ["first", "second"])


@pytest.fixture
def stub() -> Any:
    """Serve the failing provider on loopback."""
    running, port = server.start(_Failing(), workers=2)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    running.stop(None).wait()


def test_a_refusal_keeps_its_message(stub: Any) -> None:
    """A person reads what, and what to do; the code says that nothing happened."""
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(preview=True))

    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert caught.value.details() == "not possible\n  do:       do something else"


def test_an_initialisation_failure_carries_the_resource(stub: Any) -> None:
    """The engine can keep what exists and is not ready."""
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest())

    metadata = dict(caught.value.trailing_metadata())
    detail = provider_pb2.ErrorResourceInitFailed()
    status_pb2.Status.FromString(metadata["grpc-status-details-bin"]).details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("the-id", ["first", "second"])
    assert decode(detail.properties) == {"out": Secret("x")}


def test_what_a_stand_in_does_not_do_is_refused_by_name(stub: Any) -> None:
    """Functions, methods and components are named in the refusal."""
    for method, request in (
        ("Invoke", provider_pb2.InvokeRequest(tok="test:a:b")),
        ("Call", provider_pb2.CallRequest(tok="test:a:b")),
        ("Construct", provider_pb2.ConstructRequest(type="test:a:b")),
    ):
        with pytest.raises(grpc.RpcError, match="test:a:b"):
            getattr(stub, method)(request)
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == "1.2.3"
