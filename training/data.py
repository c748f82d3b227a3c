"""Synthetic pages, their intent tags and the bank of phrasings become labelled questions for the reader.

A page is a list of sentences under heading paths; each sentence carries the intents it answers (1.0) or only touches
(0.5, written `~key`). A phrasing of an intent is therefore a labelled question for every page at once: answered by the
sentences tagged with it, not covered when no sentence is. Pages may also bring questions of their own with evidence,
follow-ups with the question before among them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sentence:
    path: tuple[str, ...]
    text: str
    tags: dict[str, float]  # intent -> 1.0 states it, 0.5 touches it
    paragraph: int  # sentences of one paragraph share it; a list item is its own


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    text: str
    label: str  # answerable | partial | not_covered
    evidence: tuple[int, ...]  # sentence numbers in the page


@dataclass(slots=True)
class Page:
    name: str
    title: str
    names: tuple[str, ...]  # what patients call it
    group: str  # the file it came from
    sentences: list[Sentence] = field(default_factory=list)
    questions: list[OwnQuestion] = field(default_factory=list)
    tagged: bool = True
    conditions: tuple[str, ...] = ()  # body part and condition in patients' words


def read_intents(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split(":", 1)[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def read_bank(paths: list[Path], intents: list[str]) -> dict[str, list[str]]:
    """Phrasings by intent, duplicates dropped."""
    bank: dict[str, list[str]] = {}
    known = set(intents)
    for path in paths:
        key = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            line = line.strip()
            if line.startswith("## "):
                key = line[3:].strip().rstrip(":")
                if key not in known:
                    raise ValueError(f"{path.name}: unknown intent {key!r}")
                bank.setdefault(key, [])
            elif line and key and line not in bank[key]:
                bank[key].append(line)
    return bank


def parse_tags(raw: str, known: set[str]) -> dict[str, float]:
    tags: dict[str, float] = {}
    for key in re.split(r"[,\s]+", raw.strip()):
        name = key.lstrip("~")
        if name in known:
            tags[name] = max(tags.get(name, 0.0), 0.5 if key.startswith("~") else 1.0)
    return tags


def read_pages(path: Path, intents: list[str]) -> list[Page]:
    """Pages of one hand-written file: `# title | names | style`, `## heading > child`, `sentence [tags]`."""
    known = set(intents)
    pages: list[Page] = []
    heading: tuple[str, ...] = ()
    paragraph = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("# "):
            title, names, *_ = [part.strip() for part in line[2:].split("|")] + [""]
            slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
            aliases = tuple(n.strip() for n in names.split(";") if n.strip())
            pages.append(Page(f"{path.stem}/{slug}", title, (title, *aliases), path.stem))
            heading = ()
        elif line.startswith("##"):
            heading = tuple(part.strip() for part in line.lstrip("#").split(">"))
            paragraph += 1
        elif line and pages:
            match = re.fullmatch(r"(.*?)\s*\[([^\[\]]*)\]", line)
            text, tags = (match[1], parse_tags(match[2], known)) if match else (line, {})
            if text.startswith("- "):
                paragraph += 1
                text = text[2:]
            elif len(pages[-1].sentences) % 3 == 0:
                paragraph += 1
            pages[-1].sentences.append(Sentence(heading, text, tags, paragraph))
            if line.startswith("- "):
                paragraph += 1
    for page in pages:
        page.tagged = any(sentence.tags for sentence in page.sentences)
    return pages


def read_first_pages(path: Path, tags_path: Path, intents: list[str]) -> list[Page]:
    """The first 126 pages (JSON Lines with questions of their own) joined with their tags."""
    known = set(intents)
    tags: dict[str, dict[tuple[int, int], dict[str, float]]] = {}
    names: dict[str, tuple[str, ...]] = {}
    current = ""
    if tags_path.exists():
        for line in tags_path.read_text(encoding="utf-8").splitlines():
            if line.startswith("@ "):
                slug, _, short = line[2:].partition("|")
                current = slug.strip()
                tags[current] = {}
                names[current] = tuple(n.strip() for n in re.split(r"[;,]", short) if n.strip())
            elif match := re.match(r"(\d+)\.(\d+)\s+(.*)", line):
                tags[current][int(match[1]), int(match[2])] = parse_tags(match[3], known)
    pages = []
    for line in path.read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        slug = raw["page"]
        page = Page(f"first/{slug}", raw["title"], (raw["title"], *names.get(slug, (slug.replace("-", " "),))), "first")
        page.tagged = slug in tags
        number: dict[tuple[int, int], int] = {}
        paragraph = 0
        for s, section in enumerate(raw["sections"]):
            paragraph += 1
            for k, text in enumerate(section["sentences"]):
                number[s, k] = len(page.sentences)
                label = re.match(r"[A-Z][^.:!?]{1,50}: ", text)
                paragraph += 1 if label or k % 3 == 2 else 0
                page.sentences.append(Sentence((section["heading"],), text, tags.get(slug, {}).get((s, k), {}), paragraph))
        for q in raw["questions"]:
            evidence = tuple(number[s, k] for s, k in map(tuple, q["evidence"]) if (s, k) in number)
            page.questions.append(OwnQuestion(q["q"], q["label"], evidence))
        pages.append(page)
    return pages


def add_own(pages: list[Page], path: Path) -> None:
    """`@ page`, then `A 3,4 | question`, `N | question`, `P 3 | question`; `FA` and `FN` are `question before >> follow-up`.

    A: answered by these sentences, P: in part, N: not at all. A follow-up is written as the program reads it (bot/followup.py).
    """
    by_name = {page.name: page for page in pages}
    page = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("@ "):
            page = by_name[line[2:].strip()]
        elif page and (match := re.fullmatch(r"F?([ANP])\s*([\d, ]*)\|\s*(.+)", line)):
            label = {"A": "answerable", "P": "partial", "N": "not_covered"}[match[1]]
            before, joint, text = match[3].partition(">>")
            text = f"{before.strip(' ?.!')} – {text.strip()}" if joint else before.strip()
            page.questions.append(OwnQuestion(text, label, tuple(int(n) for n in re.findall(r"\d+", match[2]))))


def add_conditions(pages: list[Page], path: Path) -> None:
    """`page<TAB>term; term` lines: what patients call the body part and the condition of a page."""
    if not path.exists():
        return
    lines = (line.partition("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line)
    terms = {name.strip(): tuple(t.strip() for t in words.split(";") if t.strip()) for name, _, words in lines}
    for page in pages:
        page.conditions = terms.get(page.name, ())
