"""Tensors between the protocol's two encodings (JSON, protobuf) and numpy. Owns data types and shape checks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from headgate.sandbox.dataplane.oip import open_inference_pb2 as oip

Array = npt.NDArray[Any]

# Open Inference Protocol data type -> numpy's type and the field of InferTensorContents (FP16 travels raw only).
DATATYPES: dict[str, tuple[str, str | None]] = {
    "BOOL": ("bool", "bool_contents"),
    "UINT8": ("uint8", "uint_contents"),
    "UINT16": ("uint16", "uint_contents"),
    "UINT32": ("uint32", "uint_contents"),
    "UINT64": ("uint64", "uint64_contents"),
    "INT8": ("int8", "int_contents"),
    "INT16": ("int16", "int_contents"),
    "INT32": ("int32", "int_contents"),
    "INT64": ("int64", "int64_contents"),
    "FP16": ("float16", None),
    "FP32": ("float32", "fp32_contents"),
    "FP64": ("float64", "fp64_contents"),
}
# What JSON may give for a kind of numpy's: no text that happens to look like a number, no null that becomes NaN.
_JSON_KINDS = {"b": "b", "i": "iu", "u": "iu", "f": "iuf"}
_NAMES = {numpy_name: name for name, (numpy_name, _) in DATATYPES.items()}
MAX_ELEMENTS = 4_000_000


class BadRequestError(Exception):
    """A request that does not fit the protocol or the model; its text is the answer's `error`."""


@dataclass(frozen=True)
class InferRequest:
    """A request, whichever way it came."""

    inputs: Mapping[str, Array]
    outputs: tuple[str, ...] = ()
    id: str = ""
    prompt: int = 0
    """Tokens that its caller said, of a language model; 0 where the inputs say so themselves."""
    longest: int | None = None
    """Most tokens that the caller wants; None where that is left to the model."""


def datatype_of(array: Array) -> str:
    """Return the protocol's name of an array's type."""
    return _NAMES[array.dtype.name]


def _shaped(name: str, datatype: str, shape: Sequence[int], data: Any) -> Array:
    if datatype not in DATATYPES:
        raise BadRequestError(f"input {name!r}: datatype {datatype!r} is not one of {', '.join(DATATYPES)}")
    if any(not isinstance(size, int) or isinstance(size, bool) or size < 0 for size in shape):
        raise BadRequestError(f"input {name!r}: shape {list(shape)} has a size that is no natural number")
    count = math.prod(shape)
    if count > MAX_ELEMENTS:
        raise BadRequestError(f"input {name!r}: {count} elements, at most {MAX_ELEMENTS} are taken")
    try:
        array = data if isinstance(data, np.ndarray) else _from_numbers(data, np.dtype(DATATYPES[datatype][0]))
    except (TypeError, ValueError, OverflowError) as error:
        raise BadRequestError(f"input {name!r}: the data is not {datatype}: {error}") from error
    if array.size != count:
        raise BadRequestError(f"input {name!r}: shape {list(shape)} means {count} elements, the data has {array.size}")
    return array.reshape(tuple(shape))


def _from_numbers(data: Any, wanted: np.dtype[Any]) -> Array:
    given = np.asarray(data)
    # Whole numbers on both sides of 2**63 become floats when numpy is left to choose.
    mixed = wanted.name == "uint64" and all(type(each) is int for each in np.asarray(data, dtype=object).flat)
    if given.size and given.dtype.kind not in _JSON_KINDS[wanted.kind] and not mixed:
        raise TypeError(f"it has {given.dtype.name}")
    return np.asarray(data, dtype=wanted)


def from_json(document: Any) -> InferRequest:
    """Read the body of an inference request."""
    if not isinstance(document, dict) or not isinstance(document.get("inputs"), list) or not document["inputs"]:
        raise BadRequestError("the request must be an object with a non-empty list `inputs`")
    inputs = {}
    for row in document["inputs"]:
        if not isinstance(row, dict) or not {"name", "shape", "datatype", "data"} <= set(row):
            raise BadRequestError("each input needs `name`, `shape`, `datatype` and `data`")
        if not isinstance(row["shape"], list) or not isinstance(row["data"], list):
            raise BadRequestError(f"input {row['name']!r}: `shape` and `data` are lists")
        inputs[str(row["name"])] = _shaped(str(row["name"]), str(row["datatype"]), row["shape"], row["data"])
    wanted = document.get("outputs") or []
    if not isinstance(wanted, list) or any(not isinstance(row, dict) or "name" not in row for row in wanted):
        raise BadRequestError("`outputs` is a list of objects with a `name`")
    return InferRequest(inputs, tuple(str(row["name"]) for row in wanted), str(document.get("id") or ""))


def output_json(name: str, array: Array) -> dict[str, Any]:
    """Return an output tensor for a JSON answer."""
    return {
        "name": name,
        "datatype": datatype_of(array),
        "shape": list(array.shape),
        "data": array.reshape(-1).tolist(),
    }


def from_proto(message: oip.ModelInferRequest) -> InferRequest:
    """Read a gRPC request: typed contents, or raw ones in the order of the inputs."""
    if not message.inputs:
        raise BadRequestError("the request has no inputs")
    raw = list(message.raw_input_contents)
    if raw and len(raw) != len(message.inputs):
        raise BadRequestError(f"{len(message.inputs)} inputs, but {len(raw)} raw contents")
    inputs = {}
    for position, row in enumerate(message.inputs):
        data = _raw(row.name, row.datatype, raw[position]) if raw else _contents(row)
        inputs[row.name] = _shaped(row.name, row.datatype, list(row.shape), data)
    return InferRequest(inputs, tuple(row.name for row in message.outputs), message.id)


def _raw(name: str, datatype: str, content: bytes) -> Array:
    if datatype not in DATATYPES:
        raise BadRequestError(f"input {name!r}: datatype {datatype!r} is not one of {', '.join(DATATYPES)}")
    try:
        # The protocol's raw form is little-endian, as are the machines that this runs on.
        return np.frombuffer(content, dtype=np.dtype(DATATYPES[datatype][0]).newbyteorder("<"))
    except ValueError as error:
        raise BadRequestError(f"input {name!r}: {error}") from error


def _contents(row: oip.ModelInferRequest.InferInputTensor) -> list[Any]:
    field = DATATYPES.get(row.datatype, ("", None))[1]
    if field is None:
        raise BadRequestError(f"input {row.name!r}: datatype {row.datatype!r} has no typed contents")
    return list(getattr(row.contents, field))


def output_proto(name: str, array: Array, raw: bool) -> tuple[oip.ModelInferResponse.InferOutputTensor, bytes]:
    """Return an output tensor for a gRPC answer, and its raw bytes when the request was raw too."""
    datatype = datatype_of(array)
    tensor = oip.ModelInferResponse.InferOutputTensor(name=name, datatype=datatype, shape=array.shape)
    field = DATATYPES[datatype][1]
    if raw or field is None:
        return tensor, np.ascontiguousarray(array).tobytes()
    getattr(tensor.contents, field).extend(array.reshape(-1).tolist())
    return tensor, b""
