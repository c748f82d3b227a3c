"""A folder of weights becomes parameters to go on from: those of a training run, or the shipped reader's int8 as floats.

So the tree alone is enough to train the shipped reader further: `python -m training.train --start bot/model …`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor


def restore(folder: Path) -> dict[str, Tensor]:
    """Parameters of `training/model.py: Reader` by name; those of `bot/model` are as rounded as int8 made them (7 bits a channel)."""
    if (run := folder / "reader.pt").is_file():
        return dict(torch.load(run, weights_only=True)["model"])
    graph = onnx.load(folder / "reader.onnx").graph
    held = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    config = json.loads((folder / "reader.json").read_text(encoding="utf-8"))
    found = {
        name.removeprefix("reader."): value for name, value in held.items() if re.fullmatch(r"reader\..*\.(weight|bias)", name)
    }
    for name in held:
        if name.endswith("_quantized") and (embedding := re.fullmatch(r"reader\.(.*embeddings\.weight)_quantized", name)):
            found[embedding[1]] = _floats(held, name)
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            layer = re.sub(r"/(Gemm_)?MatMul_quant$", "", node.name).strip("/").replace("/", ".")
            found[f"{layer}.weight"] = _floats(held, node.input[1]).T
    found["scale"] = np.array([config["scale"][name] for name in ("late", "min", "pool", "intent")])
    found["none"] = np.array(config["none"])
    return {name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in found.items()}


def _floats(held: dict[str, np.ndarray], name: str) -> np.ndarray:
    whole = name.removesuffix("_quantized")
    return np.asarray((held[name].astype(np.float32) - held[f"{whole}_zero_point"]) * held[f"{whole}_scale"])
