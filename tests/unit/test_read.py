"""A file becomes text and blocks, or one problem in an editor's words; nothing hidden is published, nothing bad gets through."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.shared import RGBColor
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.outline import only_marks, outline
from ingest.read import read_document, read_folder, source_files
from ingest.read.child import Child
from ingest.read.content import Content, table_sentences
from ingest.read.formats import FORMATS, read_bytes
from ingest.read.worker import answer
from ingest.types import BlockKind, Document, DocumentError, Level

PAGE = "Title\n\nRisks:\nThere is a small risk.\n"


def read(raw: bytes | str, suffix: str) -> Content:
    return read_bytes(raw.encode() if isinstance(raw, str) else raw, f"page{suffix}", suffix)


def stopped(raw: bytes | str, suffix: str) -> str:
    with pytest.raises(DocumentError) as stop:
        read(raw, suffix)
    problem = stop.value.problem
    assert problem.level is Level.ERROR and problem.message and problem.hint and problem.file == f"page{suffix}"
    return problem.code


def codes(content: Content) -> set[str]:
    return {problem.code for problem in content.problems}


def word(build: str = "Some text.", **parts: bytes) -> bytes:
    document = docx.Document()
    document.add_heading("Title", 1)
    document.add_paragraph(build)
    out = io.BytesIO()
    document.save(out)
    with zipfile.ZipFile(out, "a") as package:
        for name, content in parts.items():
            package.writestr(f"word/{name}.xml", content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def pdf(words: str = "Some text that is long enough to be seen.", *, encrypted: bool = False) -> bytes:
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica", size=12)
    if words:
        page.multi_cell(0, 6, words)
    if encrypted:
        page.set_encryption("owner", "user")
    return bytes(page.output())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_same_words_are_read_from_any_encoding(encoding: str) -> None:
    words = PAGE + "\nIt’s “rare”, says José at the café – naïve but mañana.\n"
    assert read(words.encode(encoding), ".txt").text == words


def test_line_ends_and_odd_spaces_do_not_matter() -> None:
    odd = PAGE.replace(" ", "\xa0").replace("\n", "\r\n").replace("small", "sm\xadall")
    assert read("\ufeff" + odd, ".txt").text == PAGE


def test_invisible_characters_are_left_out_and_reported() -> None:
    content = read(PAGE.replace("risk", "ri\u200bsk\u202e"), ".txt")
    assert (content.text, codes(content)) == (PAGE, {"invisible-characters"})


def test_letters_damaged_before_saving_are_reported_with_their_line() -> None:
    problem = read(PAGE + "\nDonâ€™t eat.\n", ".txt").problems[0]
    assert (problem.code, problem.line) == ("bad-characters", 6)


@pytest.mark.parametrize(
    ("raw", "suffix", "code"),
    [
        (b"", ".txt", "empty-text"),
        (b" \n\n", ".md", "empty-text"),
        (b"# Only a heading\n", ".md", "empty-text"),
        (b"<html><body><script>x</script></body></html>", ".html", "empty-text"),
        (b"a\x00\x01\x02", ".txt", "not-text"),
        (pdf(), ".txt", "mislabelled"),
        (word(), ".pdf", "mislabelled"),
        (pdf(), ".docx", "mislabelled"),
        (b"<!DOCTYPE html><html><p>x</p></html>", ".txt", "mislabelled"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, ".docx", "mislabelled"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), ".docx", "encrypted"),
        (b"\x89PNG\r\n\x1a\n", ".pdf", "mislabelled"),
        (b"{\\rtf1 hello}", ".docx", "mislabelled"),
        (pdf(encrypted=True), ".pdf", "encrypted"),
        (pdf(""), ".pdf", "no-text-layer"),
        (b"%PDF-1.7\nnothing more", ".pdf", "damaged"),
        (pdf()[:300], ".pdf", "damaged"),
        (word()[:3000], ".docx", "damaged"),
        (word(comments=b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"), ".docx", "entity"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><p>&a;</p>", ".html", "entity"),
        (b"<!ENTITY a 'b'>\n\n# T\n\ntext\n", ".md", "entity"),
        (word(bomb=b"\0" * 30_000_000), ".docx", "zip-bomb"),
        (b"<div>" * 5_000 + b"text", ".html", "nested"),
        (b"<style>" + b"".join(b".a%d{display:none}" % n for n in range(5_000)) + b"</style><p>x</p>", ".html", "too-complex"),
        (b"\xcf\xff" * 30, ".doc", "format"),
    ],
)
def test_a_bad_file_is_one_problem_in_an_editors_words(raw: bytes, suffix: str, code: str) -> None:
    assert stopped(raw, suffix) == code


def test_a_zip_of_something_else_is_named() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(DocumentError, match="Excel"):
        read(out.getvalue(), ".docx")


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display: none">secret words</p>',
        '<p style="visibility:hidden">secret words</p>',
        '<p style="font-size:0px">secret words</p>',
        '<p style="color:#FFFFFF">secret words</p>',
        '<span style="position:absolute;left:-9999px">secret words</span>',
        "<p hidden>secret words</p>",
        '<p class="gone">secret words</p>',
        "<!-- secret words -->",
        '<font color="white">secret words</font>',
        '<table><tr><th>A</th><th>B</th></tr><tr style="display:none"><td>secret</td><td>words</td></tr></table>',
    ],
)
def test_hidden_text_of_a_web_page_is_left_out_and_reported(hidden: str) -> None:
    content = read(f"<html><head><style>.gone {{display: none}}</style></head><h1>T</h1><p>Seen.</p>{hidden}</html>", ".html")
    assert "secret" not in content.text and "Seen." in content.text
    assert any(problem.code == "hidden-text" and "secret words" in problem.message for problem in content.problems)


def test_a_long_list_of_hidden_classes_hides_all_of_them() -> None:
    classes = ", ".join(f".class-number-{n}" for n in range(200))
    page = f"<style>{classes} {{ display: none }} .b:hover {{ display: none }}</style><h1>T</h1><p class=b>Seen.</p>"
    content = read(page + "".join(f"<p class=class-number-{n}>secret</p>" for n in (0, 99, 199)), ".html")
    assert "secret" not in content.text and "Seen." in content.text


def test_white_letters_on_a_colour_are_read() -> None:
    assert "Shown" in read('<h1>T</h1><div style="background:#003366"><p style="color:white">Shown.</p></div>', ".html").text


def test_hidden_and_deleted_text_of_word_is_left_out_and_reported() -> None:
    document = docx.Document()
    document.add_heading("Title", 1)
    paragraph = document.add_paragraph("Seen.")
    paragraph.add_run(" vanished").font.hidden = True
    paragraph.add_run(" white").font.color.rgb = RGBColor(255, 255, 255)
    deleted = paragraph.add_run("")._r
    xml = '<w:del xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:r><w:delText>deleted</w:delText></w:r></w:del>'
    deleted.addnext(parse_xml(xml))
    out = io.BytesIO()
    document.save(out)
    content = read(out.getvalue(), ".docx")
    assert content.text.split() == ["Title", "Seen."]
    assert sorted(p.message.split("“")[-1].rstrip("”") for p in content.problems) == ["deleted", "vanished", "white"]


def test_white_text_of_a_pdf_is_left_out_and_reported() -> None:
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica", size=12)
    page.cell(0, 6, "Seen words that stand here.", new_x="LMARGIN", new_y="NEXT")
    page.set_text_color(255, 255, 255)
    page.cell(0, 6, "secret words")
    content = read(bytes(page.output()), ".pdf")
    assert content.text.strip() == "Seen words that stand here."
    assert [problem.code for problem in content.problems] == ["hidden-text"]


FAQ = {
    ".txt": "Title\nQ: May I eat?\nA: Not for six hours.\n",
    ".md": "# Title\n\n## May I eat?\n\nNot for six hours.\n",
    ".html": "<h1>Title</h1><details><summary>May I eat?</summary>Not for six hours.</details>",
}


@pytest.mark.parametrize("suffix", FAQ)
def test_a_question_is_searched_and_its_answer_quoted(suffix: str) -> None:
    content = read(FAQ[suffix], suffix)
    one = outline(Document("page", "Title", content.text, "page"), content.blocks)
    assert [(p.question, p.text) for p in one.passages] == [("May I eat?", "Not for six hours.")]


def test_a_table_row_is_a_sentence_with_its_headers() -> None:
    rows = [["Side", "Minutes"], ["One", "45"], ["Both", "90"]]
    assert table_sentences(rows, marked=False) == ["Side: One; Minutes: 45", "Side: Both; Minutes: 90"]
    assert table_sentences([["Duration:", "45 minutes."], ["Food:", "None."]], marked=False) == [
        "Duration: 45 minutes.",
        "Food: None.",
    ]
    assert table_sentences([], marked=True) == []


def test_front_matter_says_who_reviewed_a_page_and_when(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "---\ntitle: A Title\nslug: a-slug\nreviewed_by: Dr. A\nreviewed_on: 2026-01-02\nnext_review: soon\nowner: x\n---\n# H\n\nText.\n"
    )
    reading = read_document(path)
    document = reading.document
    assert (document.title, document.slug, document.reviewed_by, document.reviewed_on) == (
        "A Title",
        "a-slug",
        "Dr. A",
        "2026-01-02",
    )
    assert {problem.code for problem in reading.problems} == {"bad-date", "front-matter"}


def test_a_page_builders_markup_without_headings_is_read_by_its_layout() -> None:
    content = read("<p>Title</p><p>Risks:</p><p>There is a small risk of infection.</p>", ".html")
    assert [content.text[b.start : b.end] for b in content.blocks if b.kind is BlockKind.HEADING] == ["Title", "Risks"]


def test_every_bad_file_of_a_folder_is_told_in_one_run_and_hides_no_good_one(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(PAGE)
    (tmp_path / "copy.txt").write_text(PAGE)
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "outside.txt").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "~$good.docx").write_text("x")
    os.mkfifo(tmp_path / "pipe.txt")
    readings, problems = read_folder(tmp_path)
    assert [reading.document.source for reading in readings] == ["copy.txt"]
    assert {problem.file: problem.code for problem in problems} == {
        "good.txt": "duplicate-content",
        "empty.md": "empty-text",
        "old.doc": "format",
        "outside.txt": "link",
        "folder": "link",
        "pipe.txt": "not-a-file",
    }


def test_a_file_that_takes_too_long_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    slow = b"# T\n\n" + b"[" * 900_000
    with Child(seconds=0.5) as child:
        with pytest.raises(DocumentError) as stop:
            child.read(slow, "slow.md", ".md")
        child._seconds = 60
        assert child.read(b"# T\n\ntext\n", "good.md", ".md").text.split() == ["T", "text"]
    assert stop.value.problem.code == "too-slow"


def test_names_that_no_screen_can_show_are_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"clinic\xe9 \xf0.txt")
    path.write_text(PAGE)
    readings, problems = read_folder(tmp_path)
    assert len(source_files(tmp_path)) == 1 and not problems
    json.dumps(readings[0].document.source).encode()


GOOD = {
    ".html": b"<h1>T</h1><p>Some <b>text</b>.</p><ul><li>x</li></ul>",
    ".md": b"# T\n\nSome *text*.\n\n- x\n",
    ".docx": word(),
    ".pdf": pdf(),
}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=30), st.floats(0, 1))
def test_a_damaged_file_gives_text_or_one_problem_and_nothing_else(
    suffix: str, changes: list[tuple[float, int]], cut: float
) -> None:
    raw = bytearray(GOOD[suffix])
    for place, value in changes:
        raw[int(place * (len(raw) - 1))] = value
    reply = answer(bytes(raw[: max(8, int(len(raw) * (1 - cut / 4)))]), "page", suffix)
    assert ("content" in reply) != ("problem" in reply)


@given(st.text(max_size=300), st.sampled_from([".txt", ".md", ".html"]))
def test_whatever_is_read_is_rebuilt_by_headings_and_passages(text: str, suffix: str) -> None:
    try:
        content = read(text, suffix)
    except DocumentError:
        return
    one = outline(Document("page", "Title", content.text, "page"), content.blocks)
    at = 0
    for start, end in sorted([*one.headings, *((p.start, p.end) for p in one.passages)]):
        assert start >= at and only_marks(content.text[at:start])
        at = end
    assert only_marks(content.text[at:])


def test_the_documentation_names_every_format() -> None:
    page = (Path(__file__).parents[2] / "docs" / "content-team.md").read_text(encoding="utf-8")
    assert all(suffix in page for suffix in FORMATS if suffix not in (".markdown", ".htm"))
