"""Both encodings of the Open Inference Protocol, and what is refused of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headgate.sandbox.dataplane.oip import open_inference_pb2 as oip
from headgate.sandbox.dataplane.tensors import (
    DATATYPES,
    BadRequestError,
    datatype_of,
    from_json,
    from_proto,
    output_json,
    output_proto,
)

pytestmark = pytest.mark.unit

TYPED = sorted(name for name, (_, field) in DATATYPES.items() if field)


@st.composite
def arrays(draw: st.DrawFn, names: list[str]) -> Any:
    """Return a small array of one of the protocol's types."""
    kind = DATATYPES[draw(st.sampled_from(names))][0]
    return draw(
        hnp.arrays(
            kind,
            hnp.array_shapes(max_dims=3, max_side=3),
            elements={"allow_nan": False} if kind.startswith("float") else None,
        )
    )


@settings(deadline=None)
@given(arrays(sorted(DATATYPES)))
def test_json_keeps_every_tensor(array: Any) -> None:
    """An output sent as an input is the same tensor."""
    row = output_json("x", array)

    read = from_json({"inputs": [row]}).inputs["x"]

    assert (row["datatype"], read.shape) == (datatype_of(array), array.shape)
    np.testing.assert_array_equal(read, array)


@settings(deadline=None)
@given(arrays(TYPED), st.booleans())
def test_grpc_keeps_every_tensor_typed_and_raw(array: Any, raw: bool) -> None:
    """Typed contents and raw bytes say the same."""
    tensor, content = output_proto("x", array, raw)
    request = oip.ModelInferRequest(model_name="m")
    request.inputs.add(name="x", datatype=tensor.datatype, shape=tensor.shape).contents.ParseFromString(
        tensor.contents.SerializeToString()
    )
    if raw:
        request.raw_input_contents.append(content)

    np.testing.assert_array_equal(from_proto(request).inputs["x"], array)


def test_a_request_keeps_its_id_and_the_outputs_that_it_asks_for() -> None:
    """They come back with the answer."""
    row = {"name": "x", "datatype": "FP32", "shape": [1], "data": [1.5]}

    request = from_json({"id": "7", "inputs": [row], "outputs": [{"name": "score"}]})

    assert (request.id, request.outputs) == ("7", ("score",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"datatype": "FLOAT"}, "datatype 'FLOAT' is not one of"),
        ({"shape": [2]}, "means 2 elements, the data has 1"),
        ({"shape": [-1]}, "no natural number"),
        ({"shape": [True]}, "no natural number"),
        ({"shape": [10**9, 10**9]}, "at most"),
        ({"shape": "1"}, "are lists"),
        ({"data": ["a"]}, "the data is not FP32"),
        ({"data": ["1.5"]}, "the data is not FP32"),
        ({"data": [None]}, "the data is not FP32"),
        ({"datatype": "INT32", "data": [1.5]}, "the data is not INT32"),
        ({"datatype": "BOOL", "data": [1]}, "the data is not BOOL"),
        ({"data": [[1], [1, 2]]}, "the data is not FP32"),
        ({"datatype": "UINT8", "data": [300]}, "the data is not UINT8"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    """Each refusal names the input and what is wrong with it."""
    row = {"name": "x", "datatype": "FP32", "shape": [1], "data": [1.0], **change}

    with pytest.raises(BadRequestError, match=message):
        from_json({"inputs": [row]})


@pytest.mark.parametrize(
    "document", [None, [], {}, {"inputs": []}, {"inputs": ["x"]}, {"inputs": [{"name": "x"}]}, {"inputs": {"x": 1}}]
)
def test_a_body_that_is_no_request_is_refused(document: object) -> None:
    """Whatever JSON comes, the answer is a refusal and no crash."""
    with pytest.raises(BadRequestError):
        from_json(document)


def test_raw_contents_must_match_the_inputs() -> None:
    """As many as inputs, and of whole elements."""
    request = oip.ModelInferRequest(raw_input_contents=[b"1", b"2"])
    request.inputs.add(name="x", datatype="FP32", shape=[1])
    with pytest.raises(BadRequestError, match="1 inputs, but 2 raw contents"):
        from_proto(request)

    del request.raw_input_contents[1]
    with pytest.raises(BadRequestError, match="'x'"):
        from_proto(request)


def test_the_service_is_wire_compatible_with_the_protocol() -> None:
    """Package, method names and the numbers of the fields that any client sends are those of the specification."""
    service = oip.DESCRIPTOR.services_by_name["GRPCInferenceService"]

    assert service.full_name == "inference.GRPCInferenceService"
    assert [method.name for method in service.methods] == [
        "ServerLive",
        "ServerReady",
        "ModelReady",
        "ServerMetadata",
        "ModelMetadata",
        "ModelInfer",
    ]
    fields = {field.name: field.number for field in oip.ModelInferRequest.DESCRIPTOR.fields}
    assert fields == {
        "model_name": 1,
        "model_version": 2,
        "id": 3,
        "parameters": 4,
        "inputs": 5,
        "outputs": 6,
        "raw_input_contents": 7,
    }
    contents = {field.name: field.number for field in oip.InferTensorContents.DESCRIPTOR.fields}
    assert contents["fp32_contents"] == 6
    assert contents["bytes_contents"] == 8
