"""The clinic's page, written as five formats, is one page to patients."""

from __future__ import annotations

from pathlib import Path

import pytest
from fpdf import FPDF

from ingest.outline import outline
from ingest.read import read_document, read_folder
from ingest.types import Outline
from tests.conftest import CLINIC
from tests.formats import Part, as_docx, as_html, as_md, as_pdf, parts_of

WRITERS = {".md": as_md, ".html": as_html, ".docx": as_docx, ".pdf": as_pdf}


TABLE = (
    ("Side", "Time needed", "What to bring"),
    ("One side", "45 minutes", "The list of your medicines, and somebody who can drive you home when you are awake again"),
    ("Both sides", "90 minutes", ""),
    ("Not known yet", "", "The pictures that were taken before"),
)
SYNTHETIC = (
    Part(1, "A Synthetic Page"),
    Part(2, "Duration"),
    Part(0, "How long the synthetic procedure takes is told by this table."),
    Part(0, "", TABLE),
    Part(0, "The table ends above this sentence, which stands below it on the page."),
    Part(2, "Risks"),
    Part(0, "There is a small risk of infection."),
)
SENTENCES = [
    "Side: One side; Time needed: 45 minutes; What to bring: " + TABLE[1][2],
    "Side: Both sides; Time needed: 90 minutes",
    "Side: Not known yet; What to bring: The pictures that were taken before",
]


def outline_of(path: Path) -> Outline:
    reading = read_document(path)
    return outline(reading.document, reading.blocks)


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_clinics_page_gives_the_same_sections_and_passages_in_every_format(suffix: str, tmp_path: Path) -> None:
    source = CLINIC / "si-joint-fusion.txt"
    reading = read_document(source)
    plain = outline(reading.document, reading.blocks)
    path = tmp_path / f"si-joint-fusion{suffix}"
    path.write_bytes(WRITERS[suffix](parts_of(reading, plain)))
    written = outline_of(path)
    assert [section.path for section in written.sections] == [section.path for section in plain.sections]
    assert [(p.id, p.text) for p in written.passages] == [(p.id, p.text) for p in plain.passages]
    assert written.document.title == plain.document.title
    assert all(written.document.text[p.start : p.end] == p.text for p in written.passages)


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_table_gives_the_same_sections_and_sentences_in_every_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"page{suffix}"
    path.write_bytes(WRITERS[suffix](list(SYNTHETIC)))
    written = outline_of(path)
    assert [(p.path[0], p.text) for p in written.passages] == [
        ("Duration", SYNTHETIC[2].words),
        *(("Duration", sentence) for sentence in SENTENCES),
        ("Duration", SYNTHETIC[4].words),
        ("Risks", SYNTHETIC[6].words),
    ]


def test_a_table_that_goes_over_pages_of_a_pdf_is_one_table_with_its_heads(tmp_path: Path) -> None:
    rows = tuple((f"Visit {n}", f"{n} minutes", "Nothing") for n in range(1, 81))
    path = tmp_path / "page.pdf"
    path.write_bytes(as_pdf([*SYNTHETIC[:3], Part(0, "", (TABLE[0], *rows)), *SYNTHETIC[4:]]))
    assert [p.text for p in outline_of(path).passages][1:-2] == [
        f"Side: {one}; Time needed: {two}; What to bring: {three}" for one, two, three in rows
    ]


def test_boxes_that_only_place_headings_and_paragraphs_of_a_pdf_are_no_table(tmp_path: Path) -> None:
    """A box around each part of the page, two in a row, as leaflets are laid out."""
    pdf = FPDF()
    pdf.add_page()
    for number, (heading, words) in enumerate([("Duration", "It takes an hour."), ("Risks", "There is a small risk.")] * 2):
        x, y = 20 + 80 * (number % 2), 20 + 40 * (number // 2)
        pdf.rect(x, y, 80, 40)
        for size, at, text in ((16, 10, f"{heading} {number}"), (11, 20, f"{words} Box {number}.")):
            pdf.set_font("Helvetica", size=size)
            pdf.text(x + 3, y + at, text)
    path = tmp_path / "page.pdf"
    path.write_bytes(bytes(pdf.output()))
    headings = {heading for p in outline_of(path).passages for heading in p.path}
    assert {"Duration 0", "Risks 1", "Duration 2", "Risks 3"} <= headings | {outline_of(path).document.title}


def test_a_folder_of_all_formats_is_read_in_one_run(tmp_path: Path) -> None:
    reading = read_document(CLINIC / "si-joint-fusion.txt")
    parts = parts_of(reading, outline(reading.document, reading.blocks))
    for number, (suffix, write) in enumerate(WRITERS.items()):
        own = [type(part)(part.level, f"{part.words} {number}" if part.level == 1 else part.words) for part in parts]
        (tmp_path / f"page-{number}{suffix}").write_bytes(write(own))
    readings, problems = read_folder(tmp_path)
    assert [one.document.slug for one in readings] == [f"page-{number}" for number in range(len(WRITERS))]
    assert {problem.code for problem in problems} <= {"left-out"}
