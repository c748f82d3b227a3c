"""Pages and questions become the reader's weights: `python -m training.train --out DIR`.

Listwise softmax over all passages of a page and "no answer"; a partial match shares its mass half and half with
"no answer". Two helper losses teach the intent layer: what a question asks for, what a passage states.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import torch
from torch.nn import functional as F
from transformers import AutoModel, AutoTokenizer

from .data import HERE, Page, add_conditions, add_own, read_bank, read_first_pages, read_intents, read_pages
from .examples import examples_for, passage_text, passages_of, targets
from .judging import MAX_PASSAGE, MAX_QUESTION, encode, judge, judge_file, loss_of, to_batch
from .model import Reader
from .noise import noisy, read_stories
from .restore import restore


def times(page: Page, own_more: int, file: str, more: str) -> int:
    """How often a page is seen in one round."""
    return 1 + own_more * (page.group != "first" and bool(page.questions)) + int(more) * (page.group == file)


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
    parser.add_argument("--start", type=Path, help="go on from these weights: a run's folder, or bot/model")
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--own-more", type=int, default=0, help="times more that a page of own.txt is seen")
    parser.add_argument(
        "--more-of",
        nargs=2,
        default=("", "0"),
        metavar=("FILE", "TIMES"),
        help="times more that a page of this file is seen: pages_E 6",
    )
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    rng = random.Random(args.seed)

    intents = read_intents(args.data / "intents.txt")
    numbers = {k: i for i, k in enumerate(intents)}
    bank = read_bank(sorted(args.data.glob("bank_*.txt")), intents)
    pages = read_first_pages(args.data / "pages.jsonl", args.data / "tags_existing.txt", intents)
    for path in sorted(args.data.glob("pages_*.txt")):
        pages += read_pages(path, intents)
    add_own(pages, args.data / "own.txt")
    stories = read_stories((args.data / "stories.txt").read_text(encoding="utf-8"))
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
        model.load_state_dict(restore(args.start))
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
            order = [page for page in train for _ in range(times(page, args.own_more, *args.more_of))]
            rng.shuffle(order)
        page = order.pop()
        model.train()
        groups = passages_of(page, rng)
        examples = examples_for(page, train_bank, numbers, args.questions, rng)
        texts = [noisy(e.text, stories, rng) for e in examples]
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
