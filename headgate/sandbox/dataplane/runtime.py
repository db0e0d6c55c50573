"""Models in memory: real ones, run by ONNX Runtime, which is imported late since it takes its time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from headgate.errors import HeadgateError
from headgate.model import TensorSpec
from headgate.model.layers import file_digest
from headgate.sandbox.dataplane.cache import CachedModel
from headgate.sandbox.dataplane.tensors import Array, BadRequestError, InferRequest

PLATFORM = "onnx_onnxv1"
_ONNX_TYPES = {
    "tensor(bool)": "BOOL",
    "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16",
    "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64",
    "tensor(int8)": "INT8",
    "tensor(int16)": "INT16",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(float16)": "FP16",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
}


class LoadedModel:
    """A session of one model digest, shared by all pods that serve it."""

    def __init__(self, cached: CachedModel, session: Any) -> None:
        self.version = cached.version
        self.files = cached.files
        self._session = session
        self.inputs = tuple(_spec(row) for row in session.get_inputs())
        self.outputs = tuple(_spec(row) for row in session.get_outputs())

    def run(self, request: InferRequest, offset: float = 0.0) -> dict[str, Array]:
        """Run the model; `offset` is added to every floating input, which is how drift is simulated."""
        self._check(request)
        names = list(request.outputs) or [row.name for row in self.outputs]
        feed = shifted(request, offset)
        return dict(zip(names, self._session.run(names, feed), strict=True))

    def _check(self, request: InferRequest) -> None:
        specs = {row.name: row for row in self.inputs}
        if set(request.inputs) != set(specs):
            raise BadRequestError(f"the model's inputs are {sorted(specs)}, the request has {sorted(request.inputs)}")
        unknown = set(request.outputs) - {row.name for row in self.outputs}
        if unknown:
            raise BadRequestError(
                f"the model has no output {sorted(unknown)}; it has {[row.name for row in self.outputs]}"
            )
        for name, array in request.inputs.items():
            _check_tensor(specs[name], array)


def _check_tensor(spec: TensorSpec, array: Array) -> None:
    from headgate.sandbox.dataplane.tensors import datatype_of

    if datatype_of(array) != spec.datatype:
        raise BadRequestError(f"input {spec.name!r} is {spec.datatype}, the request has {datatype_of(array)}")
    fits = len(array.shape) == len(spec.shape) and all(
        expected in (-1, size) for expected, size in zip(spec.shape, array.shape, strict=True)
    )
    if not fits:
        raise BadRequestError(f"input {spec.name!r} has shape {list(spec.shape)}, the request has {list(array.shape)}")


def shifted(request: InferRequest, offset: float) -> dict[str, Array]:
    """Return the inputs as the model sees them."""
    return {name: _shifted(array, offset) for name, array in request.inputs.items()}


def _shifted(array: Array, offset: float) -> Array:
    return array + np.asarray(offset, dtype=array.dtype) if offset and array.dtype.kind == "f" else array


def _spec(row: Any) -> TensorSpec:
    return TensorSpec(
        row.name, _ONNX_TYPES[row.type], tuple(size if isinstance(size, int) else -1 for size in row.shape)
    )


class Runtime:
    """Loads models once per digest and runs them off the event loop."""

    def __init__(self) -> None:
        self._models: dict[str, LoadedModel] = {}
        self._lock = threading.Lock()
        # ONNX Runtime releases the interpreter's lock; two threads are what a laptop has to spare.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="inference")

    def load(self, cached: CachedModel) -> LoadedModel:
        """Return the session of a model, verified from disk at this very load."""
        with self._lock:
            if cached.digest not in self._models:
                self._models[cached.digest] = LoadedModel(cached, _session(cached))
            return self._models[cached.digest]

    def loaded(self, digest: str) -> LoadedModel | None:
        """Return a session that exists."""
        return self._models.get(digest)

    def keep_only(self, digests: set[str]) -> None:
        """Forget the sessions that no pod serves any more."""
        with self._lock:
            for digest in set(self._models) - digests:
                del self._models[digest]

    async def run(self, model: LoadedModel, request: InferRequest, offset: float) -> dict[str, Array]:
        """Run a model in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, model.run, request, offset)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _session(cached: CachedModel) -> Any:
    path = next((path for name, path in sorted(cached.files.items()) if name.endswith(".onnx")), None)
    if path is None:
        raise HeadgateError(
            "the model has no file that this runtime can run", where=cached.digest, expected="a file ending in .onnx"
        )
    expected = next(file.digest for file in cached.version.files if file.path.endswith(".onnx"))
    if file_digest(path) != expected:
        raise HeadgateError("the cached model changed on disk", where=str(path), expected=expected)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # An arena grows and never shrinks; the models here are small and the process must be too.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise HeadgateError("the runtime refuses the model", where=cached.digest, found=str(error)[:300]) from error


def described(model: LoadedModel) -> Mapping[str, Sequence[TensorSpec]]:
    """Return a model's inputs and outputs as the session says, which is what it really takes."""
    return {"inputs": model.inputs, "outputs": model.outputs}
