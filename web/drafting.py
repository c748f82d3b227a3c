"""The content team's draft screen: upload, check, outline, changes, questions, publish. It decides nothing: web/drafts.py does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import streamlit as st

from ingest import pipeline
from ingest.adopt import Draft
from ingest.candidate import Outcome
from ingest.read import SUFFIXES
from ingest.types import Level, Outline
from web import drafts, jobs, trial
from web.chat import words_only
from web.content import day, report
from web.desk import LONGEST_QUESTION
from web.drafts import State
from web.jobs import Failed, Job, Kind
from web.office import Office
from web.overview import examined
from web.roles import Action, User
from web.screen import act, did, part, say

LOOK_SECONDS = 1.0  # between two looks at a job that runs
NEWS = timedelta(hours=1)  # how long the end of a job is told to those who come later


def draft(at: Office, user: User) -> None:
    """One draft at a time; which one is kept in the session."""
    user.need(Action.LOOK)
    drafts.tidy(at)
    st.title("Drafts", anchor=False)
    say()
    running = jobs.running(at.jobs)
    if running:
        watch(running)
    else:
        ended(at)
    names = drafts.names(at)
    if user.may(Action.DRAFT):
        beginning(at, user, open_at_once=not names)
    elif not names:
        st.write("There is no draft. Starting one needs the role editor.")
    if not names:
        return
    name = st.selectbox("Draft", names, key="draft-name")
    one = drafts.find(at, name)
    st.caption(f"Started by {words_only(one.who)}, {day(one.when)}. Patients read nothing of it before it is published.")
    freshness(at, user, one)
    steps: dict[str, Callable[[Office, User, Draft], None]] = {
        "Files": files,
        "Check": check,
        "Outline": outline,
        "What changes": changes,
        "Try a question": questions,
    }
    step = st.segmented_control("Step", list(steps), default="Files", required=True, key="step", label_visibility="collapsed")
    steps[step](at, user, one)
    if user.may(Action.PUBLISH):
        with st.container(horizontal=True):
            if st.button("Publish…", type="primary", disabled=running is not None, key="publish-open"):
                confirm(at, user, one)
            args = (f"The draft {name} is discarded.", drafts.discard, at, user, name)
            st.button("Discard this draft", disabled=running is not None, on_click=act, args=args)


def beginning(at: Office, user: User, *, open_at_once: bool) -> None:
    with st.expander("Start a draft", expanded=open_at_once), st.form("start", border=False):
        wish = st.text_input("Name of the draft", placeholder="new aftercare", max_chars=50, key="draft-wish")
        if st.form_submit_button("Start"):
            act("A copy of the documents is ready. Change it as you like.", drafts.start, at, user, wish)
            st.rerun()


def freshness(at: Office, user: User, one: Draft) -> None:
    if others := drafts.outdated(at, one):
        part("said", words=f"Changed in the documents folder since this draft was made: {', '.join(others)}.", good=False)
        if user.may(Action.DRAFT):
            args = ("The draft is up to date.", drafts.bring_up_to_date, at, user, one)
            st.button("Bring the draft up to date", on_click=act, args=args)


def files(at: Office, user: User, one: Draft) -> None:
    if user.may(Action.DRAFT):
        given = st.file_uploader(
            "Upload pages", type=[suffix.lstrip(".") for suffix in SUFFIXES], accept_multiple_files=True,
            key=f"upload-{st.session_state.get('uploads', 0)}", max_upload_size=drafts.LARGEST_FILE // 1_000_000,
        )  # fmt: skip
        st.caption("A page of the same name takes the place of the one that is there.")
        if given and st.button("Put into the draft", type="primary"):
            kept = [did(f"{len(given)} uploaded.", drafts.save, at, user, one, file.name, file.getvalue()) for file in given]
            if all(kept):
                st.session_state.uploads = st.session_state.get("uploads", 0) + 1  # an empty uploader
            st.rerun()
    for number, file in enumerate(drafts.files(at, one)):
        with st.container(horizontal=True, vertical_alignment="center", key=f"file-{number}"):
            part("file", file=file)
            if not user.may(Action.DRAFT):
                continue
            if file.state is not State.SAME:
                args = (f"{file.name} is as it was.", drafts.put_back, at, user, one, file.name)
                st.button(words_only(f"Undo {file.name}"), key=f"undo-{number}", on_click=act, args=args)
            if file.state is not State.REMOVED:
                args = (f"{file.name} is out of the draft.", drafts.take_out, at, user, one, file.name)
                st.button(words_only(f"Take out {file.name}"), key=f"out-{number}", on_click=act, args=args)


def check(at: Office, _user: User, one: Draft) -> None:
    report(*examined(drafts.places(at, one)), key="draft")


def outline(at: Office, _user: User, one: Draft) -> None:
    outlines, _ = examined(drafts.places(at, one))
    if not outlines:
        st.write("No page of this draft can be read. The check says why.")
        return
    known = {each.document.slug: each for each in changed_first(at, one, outlines)}
    slug = st.selectbox("Page", list(known), format_func=lambda each: known[each].document.title, key="outline-page")
    st.write("This is how patients' questions will see your page.")
    left, right = st.columns(2)
    with left:
        part("outline", found=known[slug])
    with right:
        part("text", document=known[slug].document)


def changes(at: Office, user: User, one: Draft) -> None:
    job = looked(at, one)
    if user.may(Action.DRAFT):
        st.button("Ask which answers change", key="look", on_click=act, args=("Both versions are being asked.", drafts.look_at_changes, at, user, one),
                  disabled=jobs.running(at.jobs) is not None)  # fmt: skip
    found = jobs.outcome(job) if job else pipeline.plan(drafts.places(at, one))
    if isinstance(found, Failed):
        part("said", words=found.message, good=False)
        return
    show(found)
    if job is None and found.waiting:
        st.caption("Which answers change is not asked yet for this state of the draft.")


def show(found: Outcome) -> None:
    """Errors, lost answers, changed answers, then the words."""
    errors = [problem for problem in found.problems if problem.level is Level.ERROR]
    if errors:
        part("said", words="A publish would be refused:", good=False)
        part("problems", found=errors)
    if out := [problem for problem in found.problems if problem.code in {"answer-suspended", "answer-waiting"}]:
        st.header("Staff's answers that stay out", anchor=False)
        part("problems", found=out)
    if not found.waiting:
        st.write("Nothing would change: the draft is what patients read.")
        return
    if found.asked:
        lost = sum(one.lost for one in found.answers)
        st.header(f"{len(found.answers)} of {found.asked} answers change, {lost} of them are lost", anchor=False)
        part("answers", found=found.answers)
    st.header("Words that change", anchor=False)
    for reason in found.reasons:
        st.write(words_only(reason))
    part("pages", found=found.changes)
    part("changes", found=found.sections)


def questions(at: Office, user: User, one: Draft) -> None:
    job = looked(at, one)
    if job is None or not job.index.is_dir():
        st.write("First ask which answers change: that makes the draft ready for questions.")
        changes(at, user, one)
        return
    outlines, _ = examined(drafts.places(at, one))
    titles = {
        **{each.document.slug: each.document.title for each in changed_first(at, one, outlines)},
        "": "No page in particular",
    }
    with st.form("try", border=False):
        page = st.selectbox(
            "The patient comes from the page", list(titles), format_func=lambda slug: titles[slug], key="try-page"
        )
        asked = st.text_input("Question", max_chars=LONGEST_QUESTION, key="try-question")
        sent = st.form_submit_button("Ask both")
    if sent and asked.strip():
        tried = trial.ask(job.index, asked.strip(), page or None)
        part("said", words="Both answer the same." if tried.same else "The answers differ.", good=True)
        left, right = st.columns(2)
        with left:
            part("tried", name="Patients read now", view=tried.live)
        with right:
            part("tried", name="They would read", view=tried.draft)


def changed_first(at: Office, one: Draft, outlines: Sequence[Outline]) -> list[Outline]:
    """The pages that the editor works on stand first in a choice."""
    differs = {file.name for file in drafts.files(at, one) if file.state is not State.SAME}
    return sorted(outlines, key=lambda each: each.document.source not in differs)


def looked(at: Office, one: Draft) -> Job | None:
    """The last look at exactly this state of the draft, while patients still read what it was compared with."""
    digest = drafts.digest(one)
    found = (job for job in jobs.jobs(at.jobs) if job.kind is Kind.LOOK and job.draft == one.name and job.digest == digest)
    return next((job for job in found if not jobs.is_running(job) and not drafts.overtaken(at, job)), None)


@st.dialog("Publish", width="large")
def confirm(at: Office, user: User, one: Draft) -> None:
    """Says what patients will read, and publishes exactly that."""
    digest = drafts.digest(one)
    job = looked(at, one)
    found = jobs.outcome(job) if job else pipeline.plan(drafts.places(at, one))
    if isinstance(found, Failed):
        found = pipeline.plan(drafts.places(at, one))
    st.write("From now on patients read the words below. Answers already on a screen stay as they are.")
    show(found)
    if job is None:
        st.caption("Which answers change will be asked before anything is switched; a lost answer stops the publish.")
    reason = ""
    if found.refused:
        if not user.may(Action.OVERRIDE):
            st.write("An admin may publish in spite of errors, with a reason that is kept.")
            return
        reason = st.text_input("Publish in spite of these errors, because", max_chars=500, key="override-reason")
    ready = found.waiting and (not found.refused or bool(reason.strip()))
    if st.button("Publish now", type="primary", disabled=not ready, key="publish-now"):
        act("The publish has begun. You may close this page.", drafts.publish, at, user, one, digest, reason.strip())
        st.rerun()


@st.fragment(run_every=LOOK_SECONDS)
def watch(job: Job) -> None:
    """How far the running job is, looked at each second; closing the page stops nothing."""
    if not jobs.is_running(job):
        st.rerun()
    done = jobs.progress(job)
    doing = "Publishing" if job.kind is Kind.PUBLISH else "Asking which answers change"
    step = (
        "reading and checking" if not done else "encoding the texts that are new" if done < 1 else "asking questions and testing"
    )
    st.progress(done, text=words_only(f"{job.busy}. {doing}: {step}."))


def ended(at: Office) -> None:
    """How the last job ended: once in each session, and not if it is long ago."""
    job = next(iter(jobs.jobs(at.jobs)), None)
    if job is None or st.session_state.get("seen") == job.folder or datetime.now(UTC) - job.since > NEWS:
        return
    st.session_state.seen = job.folder
    found = jobs.outcome(job)
    if isinstance(found, Failed):
        part("said", words=found.message, good=False)
    elif job.kind is Kind.LOOK:
        part("said", words="Both versions were asked.", good=True)
    elif found.version:
        part("said", words=f"Published by {job.who}. Patients read version {found.version} now.", good=True)
    elif found.refused:
        part("said", words="Nothing was published, and the documents are as they were.", good=False)
        part("problems", found=[problem for problem in found.problems if problem.level is Level.ERROR])
        part("answers", found=[one for one in found.answers if one.lost])
    else:
        part("said", words="There was nothing to publish: patients read these words already.", good=True)
