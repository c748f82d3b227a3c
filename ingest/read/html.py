"""A web page becomes canonical text and blocks: what a reader of the page sees, without menus, forms and hidden text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.read.content import BlockWriter, Content, table_sentences
from ingest.read.decode import decode, invisible
from ingest.read.hiding import Hiding
from ingest.read.problems import left_out, refuse, warning
from ingest.types import BlockKind, Problem

MAX_DEPTH = 400  # open elements; the deepest real clinic page seen has 38, and the parser's time grows with the square
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?=[\s/>])[^>]*?(/?)>")
_ENTITY = re.compile(r"<!ENTITY|<!DOCTYPE[^>]*\[", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_CLOSES_ITSELF = frozenset("p li td th tr dt dd option thead tbody tfoot colgroup html head body".split())
_UNREAD = frozenset("script style noscript template head svg math iframe object embed canvas audio video map datalist".split())
_FURNITURE = frozenset("nav footer aside form button select textarea input dialog menu".split())
_BLOCKS = frozenset(
    "p div section article main header ul ol li dl dt dd blockquote pre figure figcaption address fieldset hr details summary "
    "table thead tbody tfoot tr td th caption center h1 h2 h3 h4 h5 h6 body html nav footer aside".split()
)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BOLD = frozenset(("b", "strong"))


def read_html(raw: bytes, name: str) -> Content:
    """Raises DocumentError."""
    declared = _CHARSET.search(raw[:2048])
    text, problems = decode(raw, name, declared[1].decode("ascii", "ignore") if declared else None)
    if _ENTITY.search(text):
        refuse("entity", name, "The page declares its own entities (DOCTYPE or ENTITY).", "Save it again from your page editor.")
    if (depth := _depth(text)) > MAX_DEPTH:
        refuse("nested", name, f"The page nests {depth:,} elements in one another.", "Save it again from your page editor.")
    return html_content(text, name, problems)


def html_content(text: str, name: str, problems: list[Problem]) -> Content:
    """The content of decoded markup; `problems` found so far are carried along."""
    tree = LexborHTMLParser(text)
    walker = _Walker(name, Hiding.of(tree, name))
    walker.walk(_main(tree))
    canonical, blocks = walker.writer.finished()
    problems = [*problems, *walker.problems]
    if walker.furniture:
        words = f"Menus, forms or footers with {walker.furniture} words were left out."
        problems.append(warning("left-out", name, words, "Check that nothing patients need stands only there."))
    if walker.writer.unseen:
        problems.append(invisible(name, walker.writer.unseen))
    title = tree.css_first("head title")
    return Content(canonical, blocks, _meta(tree), title.text().strip() if title else "", tuple(problems), tuple(walker.links))


def _depth(text: str) -> int:
    deepest = depth = 0
    for closing, name, alone in _TAG.findall(text):
        tag = name.lower()
        if alone or tag in _VOID or tag in _CLOSES_ITSELF:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    root = tree.css_first("html")
    if root is not None and (language := root.attributes.get("lang")):
        found["language"] = language.split("-")[0].lower()
    for node in tree.css("meta[name][content]"):
        key = (node.attributes.get("name") or "").lower()
        if key in ("reviewed_by", "reviewed_on", "next_review", "slug"):
            found[key] = node.attributes.get("content") or ""
    return found


def _main(tree: LexborHTMLParser) -> LexborNode:
    """The page's own part of the page: its one <main> or <article> with most of the text, else the body."""
    body = tree.body or tree.root
    if body is None:
        raise ValueError("a parsed page has a root")
    for selector in ("main", "[role=main]", "article"):
        found = tree.css(selector)
        if len(found) == 1 and 2 * len(found[0].text()) > len(body.text()):
            return found[0]
    return body


class _Walker:
    """Goes through the elements in reading order, without recursion, and writes a block at every block's edge."""

    def __init__(self, name: str, hiding: Hiding) -> None:
        self.writer = BlockWriter()
        self.problems: list[Problem] = []
        self.furniture = 0  # words in menus, forms and footers
        self.links: list[str] = []
        self._name, self._hiding = name, hiding
        self._pieces: list[str] = []
        self._plain = False  # whether the waiting words hold any that are not bold
        self._bold = self._items = 0
        self._kind: str | None = None  # of the heading, summary or term being read

    def walk(self, root: LexborNode) -> None:
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._leave(node)
                continue
            if self._enter(node):
                stack.append((node, True))
                stack += [(child, False) for child in reversed(list(_children(node)))]
        self._flush()

    def _enter(self, node: LexborNode) -> bool:
        """Whether the node's children are read."""
        tag = node.tag or ""
        if tag.startswith("-"):
            self._leaf(node, tag)
            return False
        if tag in _UNREAD:
            return False
        if how := self._hiding.how(node):
            if words := node.text(separator=" ").strip():
                self.problems.append(left_out(self._name, f"Text hidden by {how}", words))
            return False
        if tag in _FURNITURE or (tag == "header" and not node.css("h1")):
            self.furniture += len(node.text(separator=" ").split())
            return False
        if tag == "br":
            self._pieces.append(" ")
        if tag == "img" and (words := (node.attributes.get("alt") or "").strip()) and len(words.split()) > 3:
            self.problems.append(
                warning("picture-text", self._name, f"A picture's description was left out: “{words[:60]}”", "Write it as text.")
            )
        if tag == "a" and (target := node.attributes.get("href")):
            self.links.append(target)
        if tag in _BLOCKS:
            self._flush()
        if tag == "table" and _is_data(node):
            self._table(node)
            return False
        self._items += tag == "li"
        self._bold += tag in _BOLD
        if tag in _HEADINGS or tag in ("summary", "dt"):
            self._kind = tag
        return True

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _BLOCKS:
            self._flush()
        self._items -= tag == "li"
        self._bold -= tag in _BOLD
        if tag in _HEADINGS or tag in ("summary", "dt"):
            self._kind = None

    def _leaf(self, node: LexborNode, tag: str) -> None:
        words = (node.comment_content if tag == "-comment" else node.text_content) or ""
        if tag == "-comment" and len(words.split()) > 1 and "[if" not in words:
            self.problems.append(left_out(self._name, "A comment", words))
        elif tag == "-text":
            self._pieces.append(words)
            self._plain = self._plain or (not self._bold and bool(words.strip(" \n\t:")))

    def _flush(self) -> None:
        words = " ".join("".join(self._pieces).split())
        bold = not self._plain
        self._pieces, self._plain = [], False
        if not words:
            return
        if self._kind in _HEADINGS:
            self.writer.heading(words, _HEADINGS[self._kind])
        elif self._kind in ("summary", "dt"):
            self.writer.add(BlockKind.QUESTION, words)
        elif bold and not self._items:
            self.writer.bold(words)
        else:
            self.writer.paragraph(words, item=self._items > 0)

    def _table(self, table: LexborNode) -> None:
        rows: list[list[str]] = []
        marked = False
        for number, row in enumerate(table.css("tr")):
            cells: list[str] = []
            if self._hiding.how(row):
                self.problems.append(left_out(self._name, "A hidden table row", row.text(separator=" ")))
                continue
            for cell in row.css("td, th"):
                if self._hiding.how(cell):
                    self.problems.append(left_out(self._name, "A hidden table cell", cell.text(separator=" ")))
                    continue
                span = cell.attributes.get("colspan") or "1"
                words = cell.text(separator=" ", strip=False)
                cells += [words] + [""] * (min(int(span), 20) - 1 if span.isdigit() and int(span) else 0)
            marked = marked or (
                number == 0 and bool(cells) and (not row.css("td") or (row.parent is not None and row.parent.tag == "thead"))
            )
            rows.append(cells)
        for caption in table.css("caption"):
            self.writer.paragraph(caption.text())
        for sentence in table_sentences(rows, marked=marked):
            self.writer.add(BlockKind.ITEM, sentence)


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _is_data(table: LexborNode) -> bool:
    """Whether a table holds data; page builders also use tables to place headings and paragraphs."""
    if table.attributes.get("role") == "presentation" or len(table.css("table")) > 1 or table.css("h1, h2, h3, h4, h5, h6"):
        return False
    return any(len(row.css("td, th")) > 1 for row in table.css("tr"))
