"""The shipped reader can be trained further from the tree alone: its int8 weights come back as floats."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModel

from ingest.embed import ReaderModel, find_model, tokenizer_of
from tests.conftest import ROOT
from training.model import Reader
from training.restore import restore

SHIPPED = ROOT / "bot" / "model"


@pytest.mark.parametrize("text", ["when can I drive again", "Risks › Serious: Rare risks include infection and bleeding."])
def test_restored_weights_encode_as_the_shipped_graph_does(text: str) -> None:
    config = json.loads((SHIPPED / "reader.json").read_text())
    encoder = AutoModel.from_config(AutoConfig.from_pretrained(find_model().path), add_pooling_layer=False)
    reader = Reader(encoder, len(config["intents"]), frozenset(config["use"])).eval()
    reader.load_state_dict(restore(SHIPPED))
    ids = torch.tensor([tokenizer_of(SHIPPED / "tokenizer.json", int(config["max_tokens"])).encode(text).ids])
    with torch.no_grad():
        restored = reader.encode(ids, torch.ones_like(ids))
    encoded = ReaderModel(SHIPPED).encode(text)
    assert float(restored["pooled"][0].numpy() @ encoded.pooled) > 0.98  # activations are int8 in the graph, floats here
    assert np.argmax(restored["asks"][0].numpy()) == np.argmax(encoded.asks)
    assert reader.none.item() == pytest.approx(config["none"])
