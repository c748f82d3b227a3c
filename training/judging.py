"""A reader and pages it was not trained on become figures: loss, AUROC, refusals, right passage first."""

from __future__ import annotations

import json
import random
from pathlib import Path

import torch
from torch.nn import functional as F

from .data import Page
from .examples import examples_for, passage_text, passages_of, targets
from .model import Reader

MAX_QUESTION, MAX_PASSAGE = 64, 110  # tokens


def to_batch(tokenizer, texts: list[str], limit: int):
    return tokenizer(texts, padding=True, truncation=True, max_length=limit, return_tensors="pt")


def encode(model: Reader, batch, size: int) -> dict[str, torch.Tensor]:
    """`model.encode` over chunks of texts of like length, so that little of the work goes into padding."""
    ids, mask = batch["input_ids"], batch["attention_mask"]
    lengths = mask.sum(1)
    order = lengths.argsort()
    parts: dict[str, list[torch.Tensor]] = {}
    for chunk in order.split(size):
        longest = int(lengths[chunk].max())
        out = model.encode(ids[chunk, :longest], mask[chunk, :longest])
        for name, value in out.items():
            if value.dim() > 1 and name in ("tokens", "weights"):
                value = F.pad(value, (0, 0, 0, ids.shape[1] - longest) if name == "tokens" else (0, ids.shape[1] - longest))
            parts.setdefault(name, []).append(value)
    back = order.argsort()
    return {name: torch.cat(values)[back] for name, values in parts.items()}


def pick(batch) -> dict[str, torch.Tensor]:
    return {"ids": batch["input_ids"], "mask": batch["attention_mask"]}


def loss_of(scores: torch.Tensor, none: torch.Tensor, goal: torch.Tensor, labels: list[str]) -> torch.Tensor:
    """Answerable: -log of the mass on any right passage. Partial: cross-entropy to half and half. Else: -log p(none)."""
    logp = F.log_softmax(torch.cat([scores, none[:, None]], 1), 1)
    marked = goal > 0
    total = logp.new_zeros(())
    any_right = torch.logsumexp(logp[:, :-1].masked_fill(~marked[:, :-1], -1e4), 1)
    for row, label in enumerate(labels):
        if not marked[row, :-1].any():
            total = total - logp[row, -1]
        elif label == "partial":
            total = total - 0.5 * (any_right[row] + logp[row, -1]) * 0.7
        else:
            # half the weight on finding one right passage, half on ranking all right ones above the rest
            total = total - 0.7 * any_right[row] - 0.3 * (logp[row, :-1][marked[row, :-1]]).mean()
    return total / len(labels)


def auroc(positive: list[float], negative: list[float]) -> float:
    pairs = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return pairs / max(1, len(positive) * len(negative))


@torch.no_grad()
def judge(
    model: Reader, tokenizer, pages: list[Page], bank, numbers, seed: int = 5, count: int = 60, own_share: float = 0.4
) -> dict[str, float]:
    """Figures on pages not trained on: AUROC answerable against not covered, refused at 6 % loss, right passage first."""
    rng = random.Random(seed)
    model.eval()
    yes: list[float] = []
    no: list[float] = []
    first = total = 0
    loss = 0.0
    for page in pages:
        groups = passages_of(page, None)
        examples = examples_for(page, bank, numbers, count, rng, keep=0.0, own_share=own_share)
        if not examples:
            continue
        pb = to_batch(tokenizer, [passage_text(page, g) for g in groups], MAX_PASSAGE)
        qb = to_batch(tokenizer, [e.text for e in examples], MAX_QUESTION)
        p, q = encode(model, pb, 8), encode(model, qb, 14)
        scores, none = model.score(q, p, qb["attention_mask"], pb["attention_mask"])
        goal = targets(examples, groups)
        loss += float(loss_of(scores, none, goal, [e.label for e in examples])) / len(pages)
        confidence = torch.logsumexp(scores, 1) - none
        for row, example in enumerate(examples):
            if example.label == "answerable" and goal[row, :-1].any():
                yes.append(float(confidence[row]))
                total += 1
                first += bool(goal[row, int(scores[row].argmax())] > 0)
            elif example.label == "not_covered":
                no.append(float(confidence[row]))
    bar = sorted(yes)[int(0.06 * len(yes))]
    return {
        "loss": loss,
        "auroc": auroc(yes[:1500], no[:1500]),
        "refused@6%": sum(x < bar for x in no) / len(no),
        "first": first / total,
        "n_yes": len(yes),
        "n_no": len(no),
    }


@torch.no_grad()
def judge_file(model: Reader, tokenizer, page: Page, path: Path, name: str) -> dict[str, float]:
    """The same figures on a labelled file about one page (never trained on)."""
    model.eval()
    groups = passages_of(page, None)
    pb = to_batch(tokenizer, [passage_text(page, g) for g in groups], MAX_PASSAGE)
    p = model.encode(**pick(pb))
    yes, no, first = [], [], 0
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = row["question"]
        for alias in page.names:
            at = text.lower().find(alias.lower())
            if at >= 0:
                text = text[:at] + name + text[at + len(alias) :]
                break
        qb = to_batch(tokenizer, [text], MAX_QUESTION)
        scores, none = model.score(model.encode(**pick(qb)), p, qb["attention_mask"], pb["attention_mask"])
        confidence = float(torch.logsumexp(scores, 1) - none)
        if row["label"] == "answerable":
            yes.append(confidence)
            path_ = page.sentences[groups[int(scores[0].argmax())][0]].path
            first += any(s in path_ for s in row["sections"])
        elif row["label"] == "not_covered":
            no.append(confidence)
    bar = sorted(yes)[int(0.06 * len(yes))]
    return {"auroc": auroc(yes, no), "refused@6%": sum(x < bar for x in no) / len(no), "first": first / len(yes)}
