"""Drafts: what may be uploaded, who may change them, and how they take the place of the documents folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import Settings
from ingest import adopt
from ingest.adopt import Draft, DraftOutdated, DraftUnreadable
from ingest.read import source_hashes
from web import drafts, jobs
from web.drafts import DraftProblem, State
from web.office import Office
from web.roles import Forbidden, Role, User

ANN = User("ann", Role.EDITOR)
PAGE = b"Knee Test Page\n\nRisks:\nThis synthetic page says nothing.\n"


@pytest.fixture
def at(tmp_path: Path) -> Office:
    documents = tmp_path / "documents"
    (documents / "more").mkdir(parents=True)
    for name, words in (("one.md", "# One\n\nFirst synthetic page.\n"), ("more/two.txt", "Two\n\nSecond synthetic page.\n")):
        (documents / name).write_text(words)
    return Office.of(Settings(data_dir=tmp_path / "data", documents_dir=documents, index_dir=tmp_path / "index"))


@pytest.fixture
def draft(at: Office) -> Draft:
    return drafts.start(at, ANN, "New aftercare")


def names_of(at: Office, draft: Draft) -> dict[str, State]:
    return {file.name: file.state for file in drafts.files(at, draft)}


def test_a_draft_begins_as_a_copy_of_the_documents(at: Office, draft: Draft) -> None:
    assert draft.name == "new-aftercare"
    assert names_of(at, draft) == {"more/two.txt": State.SAME, "one.md": State.SAME}
    assert drafts.find(at, draft.name) == draft


def test_an_upload_reaches_the_draft_and_never_the_documents(at: Office, draft: Draft) -> None:
    before = source_hashes(at.places.documents)
    assert drafts.save(at, ANN, draft, "Knee Page.TXT", PAGE).name == "knee-page.txt"
    assert source_hashes(at.places.documents) == before
    assert names_of(at, draft)["knee-page.txt"] is State.NEW


def test_a_page_in_another_format_takes_the_place_of_the_old_file(at: Office, draft: Draft) -> None:
    saved = drafts.save(at, ANN, draft, "One.txt", PAGE)
    assert (saved.name, saved.replaced) == ("one.txt", "one.md")
    assert names_of(at, draft) == {"more/two.txt": State.SAME, "one.md": State.REMOVED, "one.txt": State.NEW}


def test_a_page_in_a_folder_is_replaced_where_it_stands(at: Office, draft: Draft) -> None:
    assert drafts.save(at, ANN, draft, "Two.txt", PAGE).name == "more/two.txt"


@pytest.mark.parametrize(
    "name", ["../../etc/x.txt", "..\\..\\x.txt", "/etc/x.txt", "x.txt", ".x.txt", "a/b/x.txt", "x\x00.txt", "x\n.txt"]
)
def test_no_name_leads_out_of_the_draft(at: Office, draft: Draft, name: str) -> None:
    saved = drafts.save(at, ANN, draft, name, PAGE)
    assert saved.name == "x.txt"
    assert (draft.documents / "x.txt").read_bytes() == PAGE


@pytest.mark.parametrize("name", ["", ".txt", "x", "x.exe", "x.doc", "x.txt.sh", "....txt", "é" * 120 + ".txt", "-.md"])
def test_a_name_that_can_be_no_page_is_refused(at: Office, draft: Draft, name: str) -> None:
    with pytest.raises(DraftProblem):
        drafts.save(at, ANN, draft, name, PAGE)
    assert drafts.files(at, draft) == drafts.files(at, drafts.find(at, draft.name))


def test_a_file_that_is_too_large_or_empty_is_refused(at: Office, draft: Draft) -> None:
    for content, words in ((b"x" * (drafts.LARGEST_FILE + 1), "more than 20 MB"), (b"", "is empty")):
        with pytest.raises(DraftProblem, match=words):
            drafts.save(at, ANN, draft, "x.txt", content)


@pytest.mark.parametrize("wish", ["", "   ", "///", "--", "\x00"])
def test_a_draft_needs_a_name(at: Office, wish: str) -> None:
    with pytest.raises(DraftProblem):
        drafts.start(at, ANN, wish)


@pytest.mark.parametrize("name", ["..", "../data", ".hidden", "none", ""])
def test_no_draft_is_found_or_discarded_elsewhere(at: Office, draft: Draft, name: str) -> None:
    with pytest.raises(DraftProblem):
        drafts.find(at, name)
    with pytest.raises(DraftProblem):
        drafts.discard(at, ANN, name)
    assert drafts.names(at) == [draft.name]


def test_two_drafts_cannot_have_one_name(at: Office, draft: Draft) -> None:
    with pytest.raises(DraftProblem, match="already"):
        drafts.start(at, ANN, "new AFTERCARE")


def test_a_file_that_was_taken_out_can_be_put_back(at: Office, draft: Draft) -> None:
    drafts.take_out(at, ANN, draft, "more/two.txt")
    assert names_of(at, draft)["more/two.txt"] is State.REMOVED
    drafts.put_back(at, ANN, draft, "more/two.txt")
    assert names_of(at, draft)["more/two.txt"] is State.SAME
    drafts.save(at, ANN, draft, "new.txt", PAGE)
    drafts.put_back(at, ANN, draft, "new.txt")
    assert "new.txt" not in names_of(at, draft)


@pytest.mark.parametrize("name", ["../draft.json", "/etc/passwd", "nothing.txt"])
def test_only_files_of_the_draft_can_be_put_back_or_taken_out(at: Office, draft: Draft, name: str) -> None:
    for action in (drafts.put_back, drafts.take_out):
        with pytest.raises(DraftProblem):
            action(at, ANN, draft, name)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_below_editor_nothing_of_a_draft_can_be_changed(at: Office, draft: Draft, role: Role) -> None:
    user = User("vera", role)
    before = source_hashes(draft.documents)
    for attempt in (
        lambda: drafts.start(at, user, "other"),
        lambda: drafts.save(at, user, draft, "x.txt", PAGE),
        lambda: drafts.take_out(at, user, draft, "one.md"),
        lambda: drafts.put_back(at, user, draft, "one.md"),
        lambda: drafts.bring_up_to_date(at, user, draft),
        lambda: drafts.look_at_changes(at, user, draft),
        lambda: drafts.publish(at, user, draft, drafts.digest(draft)),
        lambda: drafts.discard(at, user, draft.name),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert source_hashes(draft.documents) == before
    assert drafts.names(at) == [draft.name]
    assert jobs.jobs(at.jobs) == []


def test_an_editor_cannot_override_errors(at: Office, draft: Draft) -> None:
    with pytest.raises(Forbidden, match="needs the role admin"):
        drafts.publish(at, ANN, draft, drafts.digest(draft), "because")


def test_what_was_changed_after_the_look_is_not_published(at: Office, draft: Draft) -> None:
    looked_at = drafts.digest(draft)
    drafts.save(at, User("bob", Role.EDITOR), draft, "x.txt", PAGE)
    with pytest.raises(DraftProblem, match="changed after you looked"):
        drafts.publish(at, ANN, draft, looked_at)


def test_a_draft_that_is_being_looked_at_cannot_be_changed(at: Office, draft: Draft) -> None:
    job = drafts.look_at_changes(at, ANN, draft)
    with pytest.raises(DraftProblem, match="Busy: ann, since"):
        drafts.save(at, ANN, draft, "x.txt", PAGE)
    with pytest.raises(DraftProblem, match="Busy"):
        drafts.discard(at, ANN, draft.name)
    while jobs.is_running(job):
        time.sleep(0.05)
    drafts.save(at, ANN, draft, "x.txt", PAGE)


def test_what_others_published_since_is_taken_in_and_own_words_stay(at: Office, draft: Draft) -> None:
    drafts.save(at, ANN, draft, "one.md", b"# One\n\nMy synthetic words.\n")
    (at.places.documents / "one.md").write_text("# One\n\nTheir synthetic words.\n")
    (at.places.documents / "more/two.txt").write_text("Two\n\nTheir synthetic words.\n")
    assert drafts.outdated(at, draft) == ["more/two.txt", "one.md"]
    assert drafts.bring_up_to_date(at, ANN, draft) == ["one.md"]
    fresh = drafts.find(at, draft.name)
    assert drafts.outdated(at, fresh) == []
    assert names_of(at, fresh) == {"more/two.txt": State.SAME, "one.md": State.CHANGED}


def test_taking_over_makes_the_documents_what_the_draft_is(at: Office, draft: Draft) -> None:
    drafts.save(at, ANN, draft, "new.txt", PAGE)
    drafts.take_out(at, ANN, draft, "one.md")
    adopt.take_over(draft, at.places.documents)
    assert source_hashes(at.places.documents) == source_hashes(draft.documents)
    assert not (at.places.documents / adopt.INCOMING).exists()
    adopt.take_over(draft, at.places.documents)  # again changes nothing


def test_a_draft_never_undoes_what_others_changed_since(at: Office, draft: Draft) -> None:
    drafts.save(at, ANN, draft, "new.txt", PAGE)
    (at.places.documents / "one.md").write_text("# One\n\nTheir synthetic words.\n")
    before = source_hashes(at.places.documents)
    with pytest.raises(DraftOutdated, match="one.md"):
        adopt.take_over(draft, at.places.documents)
    assert source_hashes(at.places.documents) == before


@pytest.mark.parametrize("step", range(1, 30))
def test_stopped_at_any_moment_the_documents_are_all_old_or_all_new(
    at: Office, draft: Draft, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts.save(at, ANN, draft, "new.txt", PAGE)
    drafts.save(at, ANN, draft, "one.md", b"# One\n\nMy synthetic words.\n")
    drafts.take_out(at, ANN, draft, "more/two.txt")
    old, new = source_hashes(at.places.documents), source_hashes(draft.documents)
    count = 0

    def stopping(real: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*args: object, **options: object) -> object:
            nonlocal count
            count += 1
            if count == step:
                raise KeyboardInterrupt
            return real(*args, **options)

        return wrapped

    with monkeypatch.context() as patch:
        for where, name in (
            (Path, "replace"),
            (Path, "unlink"),
            (Path, "mkdir"),
            (Path, "write_text"),
            (os, "fsync"),
            (shutil, "copyfile"),
        ):
            patch.setattr(where, name, stopping(getattr(where, name)))
        with contextlib.suppress(KeyboardInterrupt):
            adopt.take_over(draft, at.places.documents)
    adopt.finish(at.places.documents)
    assert source_hashes(at.places.documents) in (old, new)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"name": 1}', b'{"name": "a", "who": "b", "when": "c", "base": []}', b"\xff"])
def test_a_damaged_draft_is_said_and_can_be_discarded(at: Office, draft: Draft, content: bytes) -> None:
    (draft.folder / "draft.json").write_bytes(content)
    with pytest.raises(DraftUnreadable, match="Discard it"):
        drafts.find(at, draft.name)
    drafts.discard(at, ANN, draft.name)
    assert drafts.names(at) == []
