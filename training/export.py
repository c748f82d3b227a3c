"""Trained weights become the files the program loads: `python -m training.export --weights DIR --encoder DIR --out bot/model`."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoModel

from .judging import MAX_PASSAGE
from .model import Reader


class Exported(nn.Module):
    """The reader's encoder with the outputs that `ingest/embed.py: Encoded` names, intents as probabilities."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        out = self.reader.encode(ids, mask)
        return (
            out["tokens"],
            out["weights"],
            out["pooled"],
            F.softmax(out["asks"], -1),
            torch.sigmoid(out["states"]),
            out["absent"],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, nargs="+", help="one run, or several of one chain: their mean")
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default="vitruvian-reader-1")
    parser.add_argument("--fp32", action="store_true")
    args = parser.parse_args()
    runs = [torch.load(folder / "reader.pt", weights_only=True) for folder in args.weights]
    saved = runs[-1]
    mean = {name: torch.stack([run["model"][name].float() for run in runs]).mean(0) for name in saved["model"]}
    encoder = AutoModel.from_pretrained(args.encoder, add_pooling_layer=False, attn_implementation="eager")
    reader = Reader(encoder, len(saved["intents"]), frozenset(saved["use"]))
    reader.load_state_dict(mean)  # Wortsman et al., Model soups, ICML 2022
    reader.eval()
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "reader.onnx"
    ids = torch.tensor([[101, 2129, 2146, 102]])
    names = ["tokens", "weights", "pooled", "asks", "states", "absent"]
    axes = {name: {0: "n"} for name in names} | {name: {0: "n", 1: "t"} for name in ("ids", "mask", "tokens", "weights")}
    full = args.out / "full.onnx"
    torch.onnx.export(
        Exported(reader),
        (ids, torch.ones_like(ids)),
        str(full),
        input_names=["ids", "mask"],
        output_names=names,
        dynamic_axes=axes,
        dynamo=False,
        opset_version=17,
    )
    if args.fp32:
        full.replace(path)
    else:
        from onnxruntime.quantization import QuantType, quantize_dynamic

        quantize_dynamic(
            full, path, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
        )  # no overflow on any processor
        full.unlink()
    shutil.copy(args.encoder / "tokenizer.json", args.out / "tokenizer.json")
    config = {
        "name": args.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "dimensions": encoder.config.hidden_size,
        "max_tokens": MAX_PASSAGE,
        "intents": saved["intents"],
        "use": saved["use"],
        "scale": dict(zip(("late", "min", "pool", "intent"), reader.scale.tolist(), strict=True)),
        "none": float(reader.none),
    }
    (args.out / "reader.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
