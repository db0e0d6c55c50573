"""A serving runtime in one file: the Open Inference Protocol over HTTP for one ONNX model, mounted as a volume.

This is the source that the image `runtimes/oip-server` carries, so it imports nothing of Headgate's: only the standard
library, numpy and onnxruntime. The sandbox's pods are simulated and do not run it.

    python serve.py --model=fraud-score --model-path=/models/fraud-score --http-port=8080
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TYPES = {
    "tensor(float)": ("FP32", "float32"),
    "tensor(double)": ("FP64", "float64"),
    "tensor(int64)": ("INT64", "int64"),
    "tensor(int32)": ("INT32", "int32"),
    "tensor(bool)": ("BOOL", "bool"),
}


class Model:
    """One ONNX model."""

    def __init__(self, name: str, directory: Path) -> None:
        import onnxruntime

        self.name = name
        self._session = onnxruntime.InferenceSession(next(directory.glob("*.onnx")).read_bytes())

    def metadata(self) -> dict[str, Any]:
        """Describe inputs and outputs."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        return {
            "name": self.name,
            "platform": "onnx_onnxv1",
            "inputs": [_tensor(row) for row in inputs],
            "outputs": [_tensor(row) for row in outputs],
        }

    def infer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run one request."""
        import numpy as np

        types = {row.name: TYPES[row.type][1] for row in self._session.get_inputs()}
        feed = {
            row["name"]: np.asarray(row["data"], dtype=types[row["name"]]).reshape(row["shape"])
            for row in request["inputs"]
        }
        specs = self._session.get_outputs()
        outputs = [
            {
                "name": spec.name,
                "datatype": TYPES[spec.type][0],
                "shape": list(array.shape),
                "data": array.reshape(-1).tolist(),
            }
            for spec, array in zip(specs, self._session.run(None, feed), strict=True)
        ]
        return {"model_name": self.name, "outputs": outputs, **({"id": request["id"]} if "id" in request else {})}


def _tensor(row: Any) -> dict[str, Any]:
    shape = [size if isinstance(size, int) else -1 for size in row.shape]
    return {"name": row.name, "datatype": TYPES[row.type][0], "shape": shape}


def server(model: Model, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server of the protocol for one model."""
    base = f"/v2/models/{model.name}"

    class Handler(BaseHTTPRequestHandler):
        """The protocol's paths."""

        def do_GET(self) -> None:
            """Answer health and metadata."""
            answers: dict[str, dict[str, Any]] = {
                "/v2/health/live": {"live": True},
                "/v2/health/ready": {"ready": True},
                f"{base}/ready": {"name": model.name, "ready": True},
                base: model.metadata(),
            }
            found = answers.get(self.path)
            self._send(200 if found else 404, found or {"error": "not found"})

        def do_POST(self) -> None:
            """Answer inference."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != f"{base}/infer":
                self._send(404, {"error": "not found"})
                return
            try:
                self._send(200, model.infer(json.loads(body)))
            except Exception as error:
                self._send(400, {"error": str(error)})

        def _send(self, status: int, document: dict[str, Any]) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            """Keep quiet: the gateway logs requests."""

    return ThreadingHTTPServer((host, port), Handler)


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--model-path", type=Path, required=True)
    parser.add_argument("--http-port", type=int, default=8080)
    given = parser.parse_args()
    # All addresses: a pod has one of its own, and the network policy says who may come.
    server(Model(given.model, given.model_path), "0.0.0.0", given.http_port).serve_forever()  # noqa: S104


if __name__ == "__main__":
    main()
