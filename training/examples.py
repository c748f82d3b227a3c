"""Pages and the bank of phrasings become examples: a question, and which sentences of the page answer it."""

from __future__ import annotations

import random
import re

import torch

from .data import Page


def mask_names(text: str, page: Page, rng: random.Random, keep: float) -> str:
    """The procedure's name is taken out, as the program does before it reads (scope is settled by then)."""
    if "{c}" in text:
        text = text.replace("{c}", rng.choice(conditions_of(page) or ("joint", "back", "body part")))
    if "{p}" in text:
        name = rng.choice(page.names[1:] or page.names) if rng.random() < keep else "the procedure"
        return text.replace("{p}", name)
    low = text.lower()
    for name in sorted(page.names, key=len, reverse=True):
        at = low.find(name.lower())
        if at >= 0 and len(name) > 2 and rng.random() >= keep:
            return text[:at] + "the procedure" + text[at + len(name) :]
    return text


JOINED = 0.15  # chance that a sentence joins the one before: the program reads each by itself, now and then two are read as one
FOLLOWING = 0.1  # share of the bank's questions that stand after another one, as follow-ups are read

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


def passages_of(page: Page, rng: random.Random | None) -> list[list[int]]:
    """Sentence numbers grouped into passages: paragraphs, or random cuts of mostly one sentence inside a section."""
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
                joined = joined and rng.random() < JOINED
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
            if present and rng.random() < FOLLOWING:
                before = mask_names(rng.choice(bank[rng.choice(present)]), page, rng, keep)
                text = f"{before.rstrip(' ?.!')} – {text}"
            chosen.append(from_bank(page, key, text, numbers[key]))
    return chosen


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
