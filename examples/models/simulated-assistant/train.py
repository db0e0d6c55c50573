"""Make the simulated assistant: which word follows which in a few sentences, written as ONNX.

It stands where a language model would, so that everything around one can be tried: paths, limits, scaling, gates. Given
a word it says the next sixteen, always the same. Deterministic. Needs numpy and onnx only.

    python examples/models/simulated-assistant/train.py [OUTPUT_DIRECTORY]
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WORDS_SAID = 16
TEXT = """
this is a simulated answer . nothing here was thought . a model that serves must be registered and approved .
please ask a real model for an answer that you can use . your question went through the gateway to a pod .
the gateway sent it here . approved models are served by digest . digest and signature say what a model is .
"""


def chain() -> tuple[list[str], list[int]]:
    """Return the words, and for each the one that most often follows it; the first word stands for unknown ones."""
    said = TEXT.split()
    words = ["this", *sorted(set(said) - {"this"})]
    pairs = Counter(pairwise(said))
    return words, [words.index(_next(word, pairs, words)) for word in words]


def _next(word: str, pairs: Counter[tuple[str, str]], words: list[str]) -> str:
    """Return what follows a word most often; of equals the first in the list, after the last word the first."""
    found = [(count, -words.index(b), b) for (a, b), count in pairs.items() if a == word]
    return max(found)[2] if found else words[0]


def to_onnx(following: list[int]) -> onnx.ModelProto:
    """Return the graph: token -> the table, sixteen times over -> completion."""
    nodes, said = [], []
    at = "token"
    for turn in range(WORDS_SAID):
        nodes.append(helper.make_node("Gather", ["following", at], [f"word_{turn}"]))
        at = f"word_{turn}"
        said.append(at)
    nodes.append(helper.make_node("Concat", said, ["completion"], axis=0))
    graph = helper.make_graph(
        nodes,
        "simulated-assistant",
        [helper.make_tensor_value_info("token", TensorProto.INT64, [1])],
        [helper.make_tensor_value_info("completion", TensorProto.INT64, [WORDS_SAID])],
        [numpy_helper.from_array(np.array(following, dtype=np.int64), "following")],
    )
    # Old operator set and format on purpose: every runtime of the last five years reads them.
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="headgate"
    )
    onnx.checker.check_model(model)
    return model


def main(directory: Path) -> None:
    """Write the model and its words."""
    words, following = chain()
    (directory / "model.onnx").write_bytes(to_onnx(following).SerializeToString(deterministic=True))
    (directory / "words.json").write_text(json.dumps(words) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
