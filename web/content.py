"""The content team's screens beside the drafts: what patients read, what is withdrawn, what was done, and the way back."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from ingest.report import overview, page
from ingest.types import Level, Outline, Problem
from web import overview as documents_of
from web.chat import words_only
from web.office import Office
from web.overview import Live
from web.roles import Action, User
from web.screen import act, did, part, say

WHOLE = "The whole page"


def documents(at: Office, user: User) -> None:
    """Every page with its state and review dates, the check, and what is taken out of answers."""
    user.need(Action.LOOK)
    st.title("Documents", anchor=False)
    say()
    now = documents_of.live(at)
    rows = documents_of.rows(at)
    if now.manifest is None:
        st.write("Nothing is published yet. Start a draft, look at it, and publish it.")
    else:
        st.write(f"Patients read {len(now.manifest.documents)} pages, published {day(now.manifest.created)}.")
    if any(row.state in {"new", "changed", "removed"} for row in rows) and now.manifest:
        st.write("Some documents wait for a publish. A draft takes them along.")
    part("documents", rows=rows)
    with st.expander("What the check says of these documents"):
        report(*documents_of.examined(at.places), key="live")
    withdrawals(at, user, now)


def report(outlines: tuple[Outline, ...], problems: tuple[Problem, ...], key: str) -> None:
    """Problems, errors first, and which sections each page has; to print as well."""
    found = overview(outlines, problems)
    st.write(
        f"{found.documents} pages, {found.errors} errors, {found.warnings} warnings. Errors stop a publish; warnings inform."
    )
    if found.problems:
        part("problems", found=sorted(found.problems, key=lambda one: (one.level is not Level.ERROR, one.file, one.line or 0)))
    if found.matrix:
        part("matrix", rows=found.matrix)
    st.download_button("Report to print", page(found), "check.html", "text/html", key=f"report-{key}", on_click="ignore")


def withdrawals(at: Office, user: User, now: Live) -> None:
    """Words that are wrong are taken out of answers at once, without a publish."""
    st.header("Take words out of answers now", anchor=False)
    for number, one in enumerate(now.withdrawn):
        place = " › ".join((one.document, *(one.section or ())))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.write(words_only(f"Withdrawn: {place}, by {one.who}, {day(one.when)}: {one.why}"))
            if user.may(Action.RESTORE):
                args = (f"Patients can read {place} again.", documents_of.restore, at, user, one, "Restored on the screen.")
                st.button("Restore", key=f"restore-{number}", on_click=act, args=args)
    if not user.may(Action.WITHDRAW):
        st.caption("That needs the role reviewer.")
        return
    titles = {one.document.slug: one.document.title for one in now.outlines}
    if not titles:
        return
    st.write("It takes seconds, and lasts until somebody restores the words or publishes new ones.")
    slug = st.selectbox("Page", list(titles), format_func=lambda slug: titles[slug], key="withdraw-page")
    sections = documents_of.sections(next(one for one in now.outlines if one.document.slug == slug))
    section = st.selectbox("Section", [WHOLE, *sections], key="withdraw-section")
    why = st.text_input("Why", key="withdraw-why", max_chars=500)
    chosen = "" if section == WHOLE else sections[section]
    place = titles[slug] if section == WHOLE else f"{titles[slug]} › {section}"
    done = f"{place} is out of every answer."
    if st.button("Withdraw"):  # no callback: it would get the words of the drawing before
        did(done, documents_of.withdraw, at, user, slug, chosen, why)
        st.rerun()


def history(at: Office, user: User) -> None:
    """The versions that are kept, the way back to one of them, and who did what."""
    user.need(Action.LOOK)
    st.title("History", anchor=False)
    say()
    kept = documents_of.manifests(at)
    now = documents_of.live(at).manifest
    current = now.id if now else None
    part("versions", rows=kept, current=current)
    others = {one.id: f"{day(one.created)} ({len(one.documents)} pages)" for one in kept if one.id != current}
    if others and user.may(Action.ROLL_BACK):
        st.header("Go back to an earlier version", anchor=False)
        version = st.selectbox("Version", list(others), format_func=lambda one: others[one], key="back-version")
        why = st.text_input("Why", key="back-why", max_chars=500)
        st.write("Patients read it within two seconds. The documents folder stays as it is: its changes then wait for a publish.")
        done = f"Patients now read the version of {others[version]}."
        if st.button("Go back"):
            did(done, documents_of.roll_back, at, user, version, why)
            st.rerun()
    st.header("What was done", anchor=False)
    rows, wrong = documents_of.history(at)
    for problem in wrong:
        part("said", words=f"The list was altered: {problem}", good=False)
    part("done", rows=rows[:100])


def day(moment: str) -> str:
    """22 Nov 2026, 21:15 in the clinic's own time; moments are kept in UTC."""
    return f"{datetime.fromisoformat(moment).astimezone():%d %b %Y, %H:%M}"
