"""The clinic's page, written as five formats, is one page to patients."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.outline import outline
from ingest.read import read_document, read_folder
from ingest.types import Outline
from tests.conftest import CLINIC
from tests.formats import as_docx, as_html, as_md, as_pdf, parts_of

WRITERS = {".md": as_md, ".html": as_html, ".docx": as_docx, ".pdf": as_pdf}


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


def test_a_folder_of_all_formats_is_read_in_one_run(tmp_path: Path) -> None:
    reading = read_document(CLINIC / "si-joint-fusion.txt")
    parts = parts_of(reading, outline(reading.document, reading.blocks))
    for number, (suffix, write) in enumerate(WRITERS.items()):
        own = [type(part)(part.level, f"{part.words} {number}" if part.level == 1 else part.words) for part in parts]
        (tmp_path / f"page-{number}{suffix}").write_bytes(write(own))
    readings, problems = read_folder(tmp_path)
    assert [one.document.slug for one in readings] == [f"page-{number}" for number in range(len(WRITERS))]
    assert {problem.code for problem in problems} <= {"left-out"}
