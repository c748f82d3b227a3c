"""One page written as the five formats that editors use, for tests."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass

import docx
from fpdf import FPDF

from ingest.types import BlockKind, Outline, Reading


@dataclass(frozen=True, slots=True)
class Part:
    """A heading (level 1 to 3), paragraph (level 0) or list item (level -1); or a table, its heads first."""

    level: int
    words: str
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def label(self) -> tuple[str, str]:
        """A run-in label with its colon, and the rest."""
        match = re.match(r"[A-Z][^.:]{2,40}: ", self.words)
        return (match[0], self.words[match.end() :]) if match else ("", self.words)


def parts_of(reading: Reading, one: Outline) -> list[Part]:
    """The page as an editor would lay it out: the title first, headings by their depth."""
    depths = {
        " ".join(heading.split()): depth for path in (p.path for p in one.passages) for depth, heading in enumerate(path, start=2)
    }
    parts: list[Part] = []
    for block in reading.blocks:
        words = " ".join(one.document.text[block.start : block.end].split())
        if block.kind is BlockKind.HEADING:
            parts.append(Part(depths.get(words, 1), words))
        else:
            parts.append(Part(-1 if block.kind is BlockKind.ITEM else 0, words))
    return parts


def as_md(parts: list[Part]) -> bytes:
    lines = []
    for part in parts:
        if part.rows:
            heads, *body = [f"| {' | '.join(row)} |" for row in part.rows]
            lines.append("\n".join(["", heads, "|---" * len(part.rows[0]) + "|", *body, ""]))
            continue
        label, rest = part.label
        words = f"**{label.strip()}** {rest}" if label and part.level < 1 else part.words
        lines.append(
            f"{'#' * part.level} {part.words}\n" if part.level > 0 else f"- {words}" if part.level < 0 else f"\n{words}\n"
        )
    return "\n".join(lines).encode()


def as_html(parts: list[Part]) -> bytes:
    body = []
    for part in parts:
        if part.rows:
            cells = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in part.rows)
            body.append(f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>")
            continue
        label, rest = (html.escape(words) for words in part.label)
        words = f"<strong>{label}</strong>{rest}" if label and part.level < 1 else html.escape(part.words)
        body.append(
            f"<h{part.level}>{words}</h{part.level}>"
            if part.level > 0
            else f"<ul><li>{words}</li></ul>"
            if part.level < 0
            else f"<p>{words}</p>"
        )
    return f"<!DOCTYPE html><html lang=en><head><title>A page</title></head><body><nav>Home</nav>{''.join(body)}</body></html>".encode()


def as_docx(parts: list[Part]) -> bytes:
    document = docx.Document()
    for part in parts:
        if part.rows:
            table = document.add_table(0, len(part.rows[0]))
            for row in part.rows:
                for cell, words in zip(table.add_row().cells, row, strict=True):
                    cell.text = words
            continue
        if part.level > 0:
            document.add_heading(part.words, part.level)
            continue
        paragraph = document.add_paragraph(style="List Bullet" if part.level < 0 else None)
        label, rest = part.label
        paragraph.add_run(label).bold = True
        paragraph.add_run(rest)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def as_pdf(parts: list[Part]) -> bytes:
    pdf = FPDF()
    pdf.set_auto_page_break(True, margin=25)
    pdf.add_page()
    for part in parts:
        bold, size = ("B", {1: 20, 2: 16, 3: 13}[part.level]) if part.level > 0 else ("", 11)
        pdf.set_font("Helvetica", bold, size)
        if part.rows:
            with pdf.table() as table:
                for row in part.rows:
                    table.row(row)
            pdf.ln(3)
            continue
        words = part.words.encode("cp1252", "replace").decode("cp1252")
        if part.level < 0:
            pdf.cell(6, 6, "-")
        pdf.multi_cell(0, 6 if part.level < 1 else 9, words, new_x="LMARGIN", new_y="NEXT", align="L")
        pdf.ln(3)
    return bytes(pdf.output())
