"""A question and a page's passages become one score a passage and one for "no answer": the reader, as trained.

Late interaction (ColBERT: Khattab and Zaharia, SIGIR 2020) over all-MiniLM-L6-v2's token vectors, plus an intent
layer: what the question asks for and what each passage states, over the intents of `intents.txt`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Reader(nn.Module):  # type: ignore[misc]
    def __init__(
        self, encoder: nn.Module, intents: int, use: frozenset[str] = frozenset({"late", "min", "pool", "intent"})
    ) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.weigh = nn.Linear(width, 1)  # how much a question token matters
        self.asks = nn.Linear(width, intents)  # question -> intents, softmax
        self.states = nn.Linear(width, intents)  # passage -> intents, sigmoid
        self.absent = nn.Linear(width, 1)  # how often such questions go unanswered
        self.scale = nn.Parameter(torch.tensor([12.0, 4.0, 6.0, 2.0]))
        self.none = nn.Parameter(torch.tensor(11.0))
        self.use = use
        nn.init.zeros_(self.weigh.weight)
        nn.init.zeros_(self.absent.weight)
        nn.init.zeros_(self.absent.bias)
        nn.init.constant_(self.states.bias, -3.0)

    def encode(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """(n, t) ids and mask -> unit token vectors (n, t, w), token weights (n, t), unit pooled (n, w), logits (n, k)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = F.softplus(self.weigh(hidden).squeeze(-1) + 0.5) * mask
        pooled = (hidden * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
        return {
            "tokens": F.normalize(hidden, dim=-1),
            "weights": weights,
            "pooled": F.normalize(pooled, dim=-1),
            "asks": self.asks(pooled),
            "states": self.states(pooled),
            "absent": self.absent(pooled).squeeze(-1),
        }

    def score(self, q: dict[str, Tensor], p: dict[str, Tensor], qm: Tensor, pm: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (questions, passages) and "no answer" scores (questions,)."""
        sims = torch.einsum("qid,pjd->qpij", q["tokens"], p["tokens"])
        sims = sims.masked_fill(pm[None, :, None, :] == 0, -1.0).amax(-1)  # (q, p, i)
        weights = (q["weights"] / q["weights"].sum(1, keepdim=True))[:, None, :]
        mean = (weights * sims).sum(-1)
        soft = -torch.log((weights * torch.exp(-8.0 * sims)).sum(-1) + 1e-9) / 8.0
        pool = q["pooled"] @ p["pooled"].T
        stated = F.softmax(q["asks"], -1) @ torch.sigmoid(p["states"]).T
        s = self.scale
        total = torch.zeros_like(mean)
        if "late" in self.use:
            total = total + s[0] * mean
        if "min" in self.use:
            total = total + s[1] * soft
        if "pool" in self.use:
            total = total + s[2] * pool
        if "intent" in self.use:
            total = total + s[3] * torch.log(stated + 0.02)
        none = self.none + q["absent"]
        return total, none
