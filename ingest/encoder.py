"""A sentence-transformers folder becomes vectors through ONNX Runtime: the same weights, without loading PyTorch.

Measured on 320 passages of 30 tokens: 0.9 CPU-seconds to load against 6.7 of sentence-transformers; 137 texts a CPU-second against
118, and on a busy machine, where PyTorch's threads wait for each other, 135 against 36. Only for the architecture below; `ingest/embed.py` takes sentence-transformers itself for any other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

Weights = dict[str, NDArray[Any]]
BATCH = 16  # texts of about one length; more are not quicker
MICROSOFT = "com.microsoft"  # ONNX Runtime's own fused operators


def readable(folder: Path) -> bool:
    """Whether the folder holds a BERT with mean pooling and unit length, which is what `graph` draws."""
    try:
        config, modules, pooling = (
            json.loads((folder / name).read_bytes()) for name in ("config.json", "modules.json", "1_Pooling/config.json")
        )
    except (OSError, ValueError):
        return False
    kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    return (
        (config.get("model_type"), config.get("hidden_act"), config.get("position_embedding_type", "absolute"))
        == ("bert", "gelu", "absolute")
        and kinds == ["Transformer", "Pooling", "Normalize"]
        and bool(pooling.get("pooling_mode_mean_tokens"))
        and sum(value is True for key, value in pooling.items() if key.startswith("pooling_mode")) == 1
    )


class OnnxEmbeddings(Embeddings):
    """LangChain embeddings of unit length. Safe to call from several threads."""

    def __init__(self, folder: Path, threads: int) -> None:
        import onnxruntime
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # batches are what runs side by side
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        config = json.loads((folder / "config.json").read_bytes())
        model = graph(load_file(folder / "model.safetensors"), config)
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._threads = threads
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        longest = json.loads((folder / "sentence_bert_config.json").read_bytes())["max_seq_length"]
        self._tokenizer.enable_truncation(int(longest))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, in order; texts of one length are encoded together."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda number: len(tokens[number]))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        vectors: list[list[float]] = [[]] * len(texts)
        with ThreadPoolExecutor(self._threads) as pool:
            for batch, found in zip(batches, pool.map(lambda one: self._run([tokens[n] for n in one]), batches), strict=True):
                for number, vector in zip(batch, found.tolist(), strict=True):
                    vectors[number] = vector
        return vectors

    def embed_query(self, text: str) -> list[float]:
        return list(map(float, self._run([self._tokenizer.encode(text).ids])[0]))

    def _run(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int32)
        mask = np.zeros_like(ids)
        for row, one in enumerate(tokens):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        return np.asarray(self._session.run(None, {"ids": ids, "mask": mask})[0], dtype=np.float32)


def graph(weights: Weights, config: dict[str, Any]) -> bytes:
    """BERT (Devlin et al. 2019), mean of the tokens that are no padding, unit length, as a serialised ONNX model.

    Inputs `ids` and `mask`, int32 (n, t), padded on the right; output `vectors`, float32 (n, hidden).
    """
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(name: str, value: NDArray[Any]) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(kind: str, inputs: Sequence[str], outputs: str, domain: str = "", **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, list(inputs), outputs.split(), domain=domain, **attributes))
        return outputs.split(maxsplit=1)[0]

    def dense(source: str, name: str, out: str) -> str:
        return add("MatMul", [source, constant(f"{name}.weight.T", weights[f"{name}.weight"].T)], out)

    def kept(name: str) -> str:
        return constant(name, weights[name])

    def normed(new: str, old: str, layer: str, out: str) -> str:
        """LayerNorm(old + new + bias), as after attention and after the feed-forward part."""
        inputs = [new, old, *(kept(f"{layer}.{name}") for name in ("LayerNorm.weight", "LayerNorm.bias", "dense.bias"))]
        return add("SkipLayerNormalization", inputs, out, MICROSOFT, epsilon=config["layer_norm_eps"])

    first = weights["embeddings.token_type_embeddings.weight"][0]  # every token is of the first sentence
    places = constant("places", weights["embeddings.position_embeddings.weight"] + first)
    inputs = ["ids", "", kept("embeddings.word_embeddings.weight"), places, "", kept("embeddings.LayerNorm.weight")]
    inputs += [kept("embeddings.LayerNorm.bias"), "mask"]
    states = add("EmbedLayerNormalization", inputs, "embedded lengths", MICROSOFT, epsilon=config["layer_norm_eps"])
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        three = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
        matrix = constant(f"{layer}.qkv.weight", np.concatenate([weights[f"{part}.weight"].T for part in three], axis=1))
        bias = constant(f"{layer}.qkv.bias", np.concatenate([weights[f"{part}.bias"] for part in three]))
        heads = config["num_attention_heads"]
        seen = add("Attention", [states, matrix, bias, "lengths"], f"{layer}.seen", MICROSOFT, num_heads=heads)
        states = normed(
            dense(seen, f"{layer}.attention.output.dense", f"{layer}.a"), states, f"{layer}.attention.output", f"{layer}.b"
        )
        inner = dense(states, f"{layer}.intermediate.dense", f"{layer}.c")
        inner = add("BiasGelu", [inner, kept(f"{layer}.intermediate.dense.bias")], f"{layer}.d", MICROSOFT)
        states = normed(dense(inner, f"{layer}.output.dense", f"{layer}.e"), states, f"{layer}.output", f"{layer}.f")
    add("Cast", ["mask"], "counted", to=TensorProto.FLOAT)
    add("Unsqueeze", ["counted", constant("last", np.array([2]))], "column")
    add("Mul", [states, "column"], "masked")
    add("ReduceSum", ["masked", constant("tokens", np.array([1]))], "summed", keepdims=0)
    add("LpNormalization", ["summed"], "vectors", axis=-1, p=2)  # the mean's length does not matter, so the sum will do
    drawn = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT32, ["n", "t"]) for name in ("ids", "mask")],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", config["hidden_size"]])],
        constants,
    )
    versions = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return bytes(helper.make_model(drawn, opset_imports=versions, ir_version=8).SerializeToString())
