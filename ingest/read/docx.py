"""A Word document becomes canonical text and blocks: headings by style, lists, tables; hidden and deleted text left out."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from ingest.read.content import BlockWriter, Content, table_sentences
from ingest.read.decode import invisible
from ingest.read.problems import left_out, refuse
from ingest.read.zipped import open_zip
from ingest.types import BlockKind, Problem

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|encabezado)\s*(\d)", re.IGNORECASE)
_OFF = frozenset(("0", "false", "off"))
_INSIDE = frozenset(
    _W + tag for tag in ("ins", "moveTo", "hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "bdo", "dir")
)
_DELETED = frozenset(_W + tag for tag in ("del", "moveFrom"))
_TINY = 4  # half-points: letters of 2 points and less are not read by anybody


def read_docx(raw: bytes, name: str) -> Content:
    """Raises DocumentError."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    parts = open_zip(raw, name, needs="word/document.xml")
    try:
        document = docx.Document(io.BytesIO(raw))
        reader = _Reader(name, document)
        reader.body(document.element.body)
    except (PackageNotFoundError, KeyError, ValueError, AttributeError, SyntaxError, IndexError) as error:
        refuse("damaged", name, f"The Word document is damaged ({type(error).__name__}).", "Open it in Word and save it again.")
    for part, what in (
        ("word/comments.xml", "A comment"),
        ("word/footnotes.xml", "A footnote"),
        ("word/endnotes.xml", "An endnote"),
    ):
        words = " ".join(re.sub(r"<[^>]+>", " ", parts.get(part, b"").decode("utf-8", "replace")).split())
        if words:
            reader.problems.append(left_out(name, what, words))
    canonical, blocks = reader.writer.finished()
    if reader.writer.unseen:
        reader.problems.append(invisible(name, reader.writer.unseen))
    links = tuple(r.target_ref for r in document.part.rels.values() if r.is_external and r.reltype.endswith("/hyperlink"))
    return Content(canonical, blocks, {}, "", tuple(reader.problems), links)


class _Reader:
    def __init__(self, name: str, document: Any) -> None:
        self.writer = BlockWriter()
        self.problems: list[Problem] = []
        self._name = name
        self._styles = {style.style_id: style for style in document.styles}
        self._hidden: list[str] = []
        self._boxes: list[Any] = []  # text boxes met in a paragraph: read after it
        self._titled = 0  # 1 after a line in the style Title, which stands above every heading
        self._field = ""  # of a field: its code is not text, its result is

    def body(self, element: Any) -> None:
        """Paragraphs and tables in order, content controls and accepted insertions opened. Raises DocumentError."""
        for child in element.iterchildren():
            tag = child.tag
            if tag == _W + "p":
                self._paragraph(child)
            elif tag == _W + "tbl":
                self._table(child)
            elif tag == _W + "sdt" and child.find(f"{_W}sdtPr/{_W}docPartObj") is not None:
                continue  # a table of contents
            elif tag in _INSIDE:
                self.body(child)
            elif tag == _MC + "AlternateContent":
                for choice in child.iterchildren(_MC + "Choice"):
                    self.body(choice)

    def _paragraph(self, element: Any) -> None:
        style = self._style(element.find(f"{_W}pPr/{_W}pStyle"))
        runs = [(words, bold) for words, bold in self._runs(element, style) if words]
        self._say_hidden()
        words = " ".join("".join(words for words, _ in runs).split())
        name = (style.name or "") if style is not None else ""
        level = self._level(element, style)
        if not words or re.match(r"toc \d|header|footer", name, re.IGNORECASE):
            pass
        elif level is not None:
            self.writer.heading(words, level)
        elif self._listed(element, style):
            self.writer.paragraph(words, item=True)
        elif all(bold or not piece.strip(" :\t") for piece, bold in runs):
            self.writer.bold(words)
        else:
            self.writer.paragraph(words)
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self.body(box)

    def _runs(self, element: Any, style: Any) -> Iterator[tuple[str, bool]]:
        """(words, whether bold) of what is seen of a paragraph, in order."""
        for child in element.iterchildren():
            if child.tag == _W + "r":
                yield from self._run(child, style)
            elif child.tag in _INSIDE:
                yield from self._runs(child, style)
            elif child.tag in _DELETED:
                deleted = " ".join(node.text or "" for node in child.iter(_W + "delText", _W + "t"))
                if deleted.strip():
                    self.problems.append(left_out(self._name, "Text deleted with “track changes”", deleted))
            elif child.tag == _MC + "AlternateContent":
                for choice in child.iterchildren(_MC + "Choice"):
                    yield from self._runs(choice, style)

    def _run(self, run: Any, style: Any) -> Iterator[tuple[str, bool]]:
        own = self._style(run.find(f"{_W}rPr/{_W}rStyle"))
        words = ""
        for node in run.iter(
            _W + "t", _W + "tab", _W + "br", _W + "cr", _W + "noBreakHyphen", _W + "fldChar", _W + "txbxContent", _W + "sym"
        ):
            if node.tag == _W + "txbxContent":
                if not any(above.tag == _MC + "Fallback" for above in node.iterancestors()):
                    self._boxes.append(node)
            elif any(above.tag == _W + "txbxContent" for above in _between(node, run)):
                continue
            elif node.tag == _W + "fldChar":
                self._field = node.get(_W + "fldCharType") or ""
            elif node.tag == _W + "t":
                words += node.text or ""
            else:
                words += "-" if node.tag == _W + "noBreakHyphen" else " "
        if self._field == "begin" or not words:  # between begin and separate stands the field's code
            return
        if how := self._hides(run, own, style):
            self._hidden.append(f"{how}\n{words}")
            return
        bold = _mark(run, "b")
        if bold is None:
            bold = any(s is not None and s.font.bold for s in (own, style))
        yield words, bool(bold)

    def _hides(self, run: Any, own: Any, style: Any) -> str | None:
        vanish = _mark(run, "vanish")
        if vanish or (vanish is None and any(s is not None and s.font.hidden for s in (own, style))):
            return "Hidden text"
        colour = run.find(f"{_W}rPr/{_W}color")
        shaded = run.find(f"{_W}rPr/{_W}shd") is not None or run.find(f"{_W}rPr/{_W}highlight") is not None
        above = run.getparent()
        while above is not None and not shaded:  # a shaded paragraph or cell shows white letters
            shaded = above.find(f"{_W}pPr/{_W}shd") is not None or above.find(f"{_W}tcPr/{_W}shd") is not None
            above = above.getparent()
        if colour is not None and (colour.get(_W + "val") or "").upper() == "FFFFFF" and not shaded:
            return "White text on white"
        size = run.find(f"{_W}rPr/{_W}sz")
        value = (size.get(_W + "val") or "") if size is not None else ""
        return "Text too small to read" if value.isdigit() and int(value) <= _TINY else None

    def _say_hidden(self) -> None:
        for how in dict.fromkeys(one.partition("\n")[0] for one in self._hidden):
            words = " ".join(words for way, _, words in (one.partition("\n") for one in self._hidden) if way == how)
            if words.strip():
                self.problems.append(left_out(self._name, how, words))
        self._hidden = []

    def _style(self, reference: Any) -> Any:
        return None if reference is None else self._styles.get(reference.get(_W + "val"))

    def _chain(self, style: Any) -> Iterator[Any]:
        seen: set[str] = set()
        while style is not None and style.style_id not in seen:
            seen.add(style.style_id)
            yield style
            style = style.base_style

    def _level(self, element: Any, style: Any) -> int | None:
        """1 for the title and the outermost headings, None for body text."""
        for one in self._chain(style):
            name = one.name or ""
            if name.lower() == "title":
                self._titled = 1
                return 1
            if match := _HEADING.match(name):
                return int(match[1]) + self._titled
        outline = element.find(f"{_W}pPr/{_W}outlineLvl")
        for one in self._chain(style):
            outline = one.element.find(f"{_W}pPr/{_W}outlineLvl") if outline is None else outline
        value = (outline.get(_W + "val") or "9") if outline is not None else "9"
        return int(value) + 1 + self._titled if value.isdigit() and int(value) < 9 else None

    def _listed(self, element: Any, style: Any) -> bool:
        numbered = element.find(f"{_W}pPr/{_W}numPr")
        if numbered is not None:
            identity = numbered.find(_W + "numId")
            return identity is None or identity.get(_W + "val") != "0"
        return any(
            ((one.name or "").lower().startswith("list") and "paragraph" not in (one.name or "").lower())
            or one.element.find(f"{_W}pPr/{_W}numPr") is not None
            for one in self._chain(style)
        )

    def _table(self, table: Any) -> None:
        """A data table's rows as sentences; a table that only places paragraphs is read cell by cell."""
        rows = [list(row.iterchildren(_W + "tc")) for row in table.iterchildren(_W + "tr")]
        nested = any(True for _ in table.iter(_W + "tbl") if _ is not table)
        if nested or all(len(row) < 2 for row in rows):
            for row in rows:
                for cell in row:
                    self.body(cell)
            return
        texts = [[self._cell(cell) for cell in row] for row in rows]
        marked = bool(rows) and table.find(f"{_W}tr/{_W}trPr/{_W}tblHeader") is not None
        self._say_hidden()
        for sentence in table_sentences(texts, marked=marked):
            self.writer.add(BlockKind.ITEM, sentence)

    def _cell(self, cell: Any) -> str:
        paragraphs = (element for element in cell.iter(_W + "p"))
        return " ".join(
            "".join(words for words, _ in self._runs(p, self._style(p.find(f"{_W}pPr/{_W}pStyle")))) for p in paragraphs
        )


def _mark(run: Any, name: str) -> bool | None:
    """Whether a run's own on-off property is on; None when it says nothing."""
    found = run.find(f"{_W}rPr/{_W}{name}")
    return None if found is None else (found.get(_W + "val") or "1") not in _OFF


def _between(node: Any, top: Any) -> Iterator[Any]:
    for above in node.iterancestors():
        if above is top:
            return
        yield above
