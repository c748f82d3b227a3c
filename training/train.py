"""Pages and questions become the reader's weights: `python -m training.train --out DIR`.

Listwise softmax over all passages of a page and "no answer"; a partial match shares its mass half and half with
"no answer". Two helper losses teach the intent layer: what a question asks for, what a passage states.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from pathlib import Path

import torch
from torch.nn import functional as F
from transformers import AutoModel, AutoTokenizer

from .data import HERE, Page, add_conditions, read_bank, read_first_pages, read_intents, read_pages
from .model import Reader

MAX_QUESTION, MAX_PASSAGE = 40, 110  # tokens


def mask_names(text: str, page: Page, rng: random.Random, keep: float) -> str:
    """The procedure's name is taken out, as the program does before it reads (scope is settled by then)."""
    if "{c}" in text:
        return text.replace("{c}", rng.choice(conditions_of(page) or ("joint", "back", "body part")))
    if "{p}" in text:
        name = rng.choice(page.names[1:] or page.names) if rng.random() < keep else "the procedure"
        return text.replace("{p}", name)
    low = text.lower()
    for name in sorted(page.names, key=len, reverse=True):
        at = low.find(name.lower())
        if at >= 0 and len(name) > 2 and rng.random() >= keep:
            return text[:at] + "the procedure" + text[at + len(name) :]
    return text


_DONE = frozenset(
    """
    injection injections block fusion replacement repair release surgery procedure ablation radiofrequency rfa
    rhizotomy epidural steroid removal biopsy trial implant stimulator stimulation stimulator laparoscopic
    keyhole endoscopic arthroscopy arthroscopic total partial minimally invasive treatment therapy laser
    correction reconstruction fixation shot nerve fitting placement scan test guided the a an of for with and
    your in at to under getting having new open mini robotic diagnostic clinic center information guide
    leaflet patient patients
    """.split()
)


def conditions_of(page: Page) -> tuple[str, ...]:
    """What patients call the body part or the condition: from conditions.txt, else the name less what is done there."""
    if page.conditions:
        return page.conditions
    found = []
    for name in page.names:
        words = [word for word in re.findall(r"[a-z]+", name.lower()) if word not in _DONE]
        if 1 <= len(words) <= 3 and any(word in name.lower() for word in _DONE if len(word) > 4):
            found.append(" ".join(words))
    return tuple(found)


def with_typos(text: str, rng: random.Random) -> str:
    letters = list(text)
    for _ in range(rng.choice((1, 1, 2))):
        places = [i for i in range(1, len(letters) - 1) if letters[i].isalpha() and letters[i + 1].isalpha()]
        if len(places) < 4:
            break
        i = rng.choice(places)
        kind = rng.randrange(4)
        if kind == 0:
            letters[i], letters[i + 1] = letters[i + 1], letters[i]
        elif kind == 1:
            del letters[i]
        elif kind == 2:
            letters.insert(i, letters[i])
        else:
            letters[i] = rng.choice("aeiourstln")
    return "".join(letters)


def passages_of(page: Page, rng: random.Random | None) -> list[list[int]]:
    """Sentence numbers grouped into passages: paragraphs, or random cuts of one to three sentences inside a section."""
    groups: list[list[int]] = []
    for i, sentence in enumerate(page.sentences):
        if groups:
            last = page.sentences[groups[-1][-1]]
            joined = last.path == sentence.path and len(groups[-1]) < 3
            if rng is None:
                joined = joined and last.paragraph == sentence.paragraph
            elif ":" in sentence.text[:40] and sentence.text.split(":")[0].istitle():
                joined = False
            else:
                joined = joined and rng.random() < 0.5
            if joined:
                groups[-1].append(i)
                continue
        groups.append([i])
    return groups


def passage_text(page: Page, group: list[int]) -> str:
    head = " › ".join(page.sentences[group[0]].path)
    return f"{head}: " + " ".join(page.sentences[i].text for i in group)


class Example:
    """One question of one page: target mass per sentence, mass on "no answer", its intent if it came from the bank."""

    __slots__ = ("intent", "label", "mass", "text")

    def __init__(self, text: str, label: str, mass: dict[int, float], intent: int) -> None:
        self.text, self.label, self.mass, self.intent = text, label, mass, intent


def from_bank(page: Page, key: str, text: str, number: int) -> Example:
    strength = {i: s.tags[key] for i, s in enumerate(page.sentences) if key in s.tags}
    best = max(strength.values(), default=0.0)
    label = {0.0: "not_covered", 0.5: "partial", 1.0: "answerable"}[best]
    return Example(text, label, {i: 1.0 for i, s in strength.items() if s == best}, number)


def examples_for(
    page: Page,
    bank: dict[str, list[str]],
    numbers: dict[str, int],
    count: int,
    rng: random.Random,
    keep: float = 0.25,
    own_share: float = 0.4,
) -> list[Example]:
    chosen: list[Example] = []
    own = list(page.questions)
    rng.shuffle(own)
    for q in own[: int(count * own_share) if page.tagged else count]:
        chosen.append(Example(mask_names(q.text, page, rng, keep), q.label, dict.fromkeys(q.evidence, 1.0), -1))
    if page.tagged and bank:
        covered = {k for s in page.sentences for k in s.tags}
        rest = count - len(chosen)
        present = [k for k in covered if bank.get(k)]
        absent = [k for k in bank if k not in covered and bank[k]]
        naming = [k for k in bank if any("{c}" in text for text in bank[k])]
        for _ in range(rest):
            if naming and rng.random() < 0.1:  # questions that name the body part are rare in the bank and common in life
                key = rng.choice(naming)
                text = mask_names(rng.choice([t for t in bank[key] if "{c}" in t]), page, rng, keep)
                chosen.append(from_bank(page, key, text, numbers[key]))
                continue
            key = rng.choice(present) if present and rng.random() < 0.55 else rng.choice(absent)
            text = mask_names(rng.choice(bank[key]), page, rng, keep)
            chosen.append(from_bank(page, key, text, numbers[key]))
    return chosen


def to_batch(tokenizer, texts: list[str], limit: int):
    return tokenizer(texts, padding=True, truncation=True, max_length=limit, return_tensors="pt")


def targets(examples: list[Example], groups: list[list[int]]) -> torch.Tensor:
    """(questions, passages + 1) target mass; the last column is "no answer"."""
    out = torch.zeros(len(examples), len(groups) + 1)
    for row, example in enumerate(examples):
        for column, group in enumerate(groups):
            out[row, column] = max((example.mass.get(i, 0.0) for i in group), default=0.0)
        if out[row].sum() == 0:
            out[row, -1] = 1.0
        elif example.label == "partial":
            out[row, :-1] *= 0.5 / out[row, :-1].sum()
            out[row, -1] = 0.5
    return out


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--epochs", type=float, default=2)
    parser.add_argument("--questions", type=int, default=56)
    parser.add_argument("--lr", type=float, default=4e-5)
    parser.add_argument("--frozen", type=int, default=1)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--data", type=Path, default=HERE)
    parser.add_argument("--use", default="late,min,pool,intent")
    parser.add_argument("--check", type=Path, help="a labelled file and its page (pages format), measured each epoch", nargs=2)
    parser.add_argument("--all", action="store_true", help="train on the held-out pages too (for the shipped weights)")
    parser.add_argument("--floor", type=float, default=0.05, help="share of the learning rate at the end")
    parser.add_argument("--start", type=Path, help="go on from these weights")
    parser.add_argument("--minutes", type=float, default=600)
    args = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(args.seed)
    rng = random.Random(args.seed)

    intents = read_intents(args.data / "intents.txt")
    numbers = {k: i for i, k in enumerate(intents)}
    bank = read_bank(sorted(args.data.glob("bank_*.txt")), intents)
    pages = read_first_pages(args.data / "pages.jsonl", args.data / "tags_existing.txt", intents)
    for path in sorted(args.data.glob("pages_*.txt")):
        pages += read_pages(path, intents)
    pages = [p for p in pages if len(p.sentences) > 5]
    add_conditions(pages, args.data / "conditions.txt")
    held = [p for i, p in enumerate(pages) if i % 9 == 4]
    train = pages if args.all else [p for i, p in enumerate(pages) if i % 9 != 4]
    held_bank = {k: v[::6] for k, v in bank.items()}
    train_bank = bank if args.all else {k: [t for i, t in enumerate(v) if i % 6] for k, v in bank.items()}
    print(
        f"{len(train)} pages to train on, {len(held)} held out, {sum(map(len, bank.values()))} phrasings of {len(bank)} intents",
        flush=True,
    )

    tokenizer = AutoTokenizer.from_pretrained(args.encoder)
    encoder = AutoModel.from_pretrained(args.encoder, add_pooling_layer=False)
    for parameter in encoder.embeddings.parameters():
        parameter.requires_grad = False
    for layer in encoder.encoder.layer[: args.frozen]:
        for parameter in layer.parameters():
            parameter.requires_grad = False
    model = Reader(encoder, len(intents), frozenset(args.use.split(",")))
    if args.start:
        model.load_state_dict(torch.load(args.start / "reader.pt", weights_only=True)["model"])
    heads = [p for n, p in model.named_parameters() if p.requires_grad and not n.startswith("encoder.")]
    body = [p for n, p in model.named_parameters() if p.requires_grad and n.startswith("encoder.")]
    scalars = [model.scale, model.none]
    heads = [p for p in heads if all(p is not s for s in scalars)]
    groups_ = [
        {"params": body, "lr": args.lr},
        {"params": heads, "lr": args.lr * 25},
        {"params": scalars, "lr": 0.02, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups_, weight_decay=0.01)
    steps = int(args.epochs * len(train))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, (s + 1) / 30) * max(args.floor, 1 - s / steps))

    def report(step: int) -> None:
        print(step, "held", {k: round(v, 3) for k, v in judge(model, tokenizer, held, held_bank, numbers).items()}, flush=True)
        if args.check:
            page = read_pages(args.check[0], intents)[0]
            for name in ("the procedure", "it"):
                print(
                    step,
                    "check",
                    name,
                    {k: round(v, 3) for k, v in judge_file(model, tokenizer, page, args.check[1], name).items()},
                    flush=True,
                )
        print("   scale", [round(float(x), 2) for x in model.scale], "none", round(float(model.none), 2), flush=True)

    def save() -> None:
        args.out.mkdir(parents=True, exist_ok=True)
        torch.save({"model": model.state_dict(), "intents": intents, "use": sorted(model.use)}, args.out / "reader.pt")

    report(0)
    began = time.time()
    order: list[Page] = []
    running = 0.0
    for step in range(1, steps + 1):
        if not order:
            order = rng.sample(train, len(train))
        page = order.pop()
        model.train()
        groups = passages_of(page, rng)
        examples = examples_for(page, train_bank, numbers, args.questions, rng)
        texts = [with_typos(e.text, rng) if rng.random() < 0.12 else e.text for e in examples]
        pb = to_batch(tokenizer, [passage_text(page, g) for g in groups], MAX_PASSAGE)
        qb = to_batch(tokenizer, texts, MAX_QUESTION)
        p, q = encode(model, pb, 8), encode(model, qb, 14)
        scores, none = model.score(q, p, qb["attention_mask"], pb["attention_mask"])
        loss = loss_of(scores, none, targets(examples, groups), [e.label for e in examples])
        asked = torch.tensor([e.intent for e in examples])
        if (asked >= 0).any():
            loss = loss + 0.3 * F.cross_entropy(q["asks"][asked >= 0], asked[asked >= 0])
        if page.tagged:
            stated = torch.zeros(len(groups), len(intents))
            for row, group in enumerate(groups):
                for i in group:
                    for key, value in page.sentences[i].tags.items():
                        stated[row, numbers[key]] = max(float(stated[row, numbers[key]]), 0.4 if value < 1 else 1.0)
            loss = loss + 6.0 * F.binary_cross_entropy_with_logits(p["states"], stated)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        running = 0.97 * running + 0.03 * float(loss)
        if step % 20 == 0:
            print(f"{step}/{steps} loss {running / (1 - 0.97**step):.3f} {(time.time() - began) / step:.2f} s/step", flush=True)
        if step % max(1, len(train) // 2) == 0 or step == steps:
            report(step)
            save()
        if time.time() - began > args.minutes * 60:
            break
    save()


if __name__ == "__main__":
    main()
