"""Markdown becomes canonical plain text, its blocks and its front matter."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.read.content import BlockWriter, Content, table_sentences
from ingest.read.decode import decode
from ingest.read.problems import left_out, refuse, warning
from ingest.types import Block, BlockKind, Problem

_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_ENTITY = re.compile(r"<!(?:ENTITY|DOCTYPE)", re.IGNORECASE)
_MARKUP = re.compile(r"<[^>]*>?")
FIELDS = ("title", "slug", "reviewed_by", "reviewed_on", "next_review", "source_url", "language")


def read_markdown(raw: bytes, name: str) -> Content:
    """Raises DocumentError."""
    text, problems = decode(raw, name)
    if _ENTITY.search(text):
        refuse("entity", name, "The text declares its own entities (DOCTYPE or ENTITY).", "Delete that line.")
    meta, body = front_matter(text)
    for key in meta:
        if key not in FIELDS:
            problems.append(
                warning("front-matter", name, f"“{key}” is not a field that is known.", f"Known: {', '.join(FIELDS)}.", 1)
            )
    body, more = _without_comments(body, name)
    canonical, blocks, links = _blocks(body)
    return Content(canonical, blocks, meta, "", (*problems, *more), links)


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """`key: value` lines between two `---` lines at the top, and the text after them."""
    match = _FRONT.match(text)
    if match is None:
        return {}, text
    pairs = (line.partition(":") for line in (match[1] or "").splitlines() if ":" in line and not line.startswith("#"))
    return {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}, text[match.end() :]


def markdown_blocks(markdown: str) -> tuple[str, tuple[Block, ...]]:
    """Canonical text (what a reader sees, markup left out) and its blocks. A table row becomes a sentence with its headers."""
    return _blocks(markdown)[:2]


def _without_comments(body: str, name: str) -> tuple[str, list[Problem]]:
    problems = [
        left_out(name, "A comment", found[1], body.count("\n", 0, found.start()) + 1) for found in _COMMENT.finditer(body)
    ]
    return _COMMENT.sub("", body), problems


def _blocks(markdown: str) -> tuple[str, tuple[Block, ...], tuple[str, ...]]:
    writer = BlockWriter()
    rows: list[list[str]] = []
    links: list[str] = []
    stack: list[str] = []
    level = 0
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown):
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type in ("table_open", "list_item_open"):
            stack.append(token.type)
        elif token.type in ("table_close", "list_item_close"):
            if stack.pop() == "table_open":
                for sentence in table_sentences(rows, marked=True):
                    writer.add(BlockKind.ITEM, sentence)
                rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            words = _plain(token, links)
            if stack and stack[-1] == "table_open":
                rows[-1].append(words)
            elif level:
                writer.heading(words, level)
                level = 0
            elif not stack and _all_bold(token):
                writer.bold(words)
            else:
                writer.paragraph(words, item=bool(stack))
        elif token.type in ("fence", "code_block", "html_block"):
            writer.paragraph(_MARKUP.sub(" ", token.content) if token.type == "html_block" else token.content)
    canonical, blocks = writer.finished()
    return canonical, blocks, tuple(links)


def _plain(token: Token, links: list[str]) -> str:
    parts: list[str] = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or (child.type == "html_inline" and child.content.startswith("<br")):
            parts.append(" ")
        elif child.type == "link_open":
            links.append(str(child.attrGet("href") or ""))
    return "".join(parts)


def _all_bold(token: Token) -> bool:
    """Whether a paragraph is nothing but one run of bold type."""
    children = [child for child in token.children or [] if child.type != "text" or child.content.strip(" :")]
    return (
        len(children) > 2
        and children[0].type == "strong_open"
        and children[-1].type == "strong_close"
        and (sum(child.type == "strong_open" for child in children) == 1)
    )
