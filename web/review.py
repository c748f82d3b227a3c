"""The staff's work list: what was asked and what came of it, newest first, filtered; one line opens in web/replaying.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from bot import review as replies
from bot.kept import Judgement, Listed
from bot.review import EVERYTHING, VIEWS, Filter
from bot.types import Notice, Reason
from ingest.versions import Versions
from web import replaying, reviewing
from web.chat import words_only
from web.desk import desk
from web.office import Office
from web.roles import Action, User
from web.screen import part, say

LINES = 20  # a page: what a nurse reads in ten minutes
ALL = "everything"
STATUSES = ("answered", "not_covered", "advice", "off_topic", "clarify", "emergency", "crisis", "urgent", "unavailable")
FEEDBACK = {"helpful": "helpful", "not_helpful": "not helpful", "none": "no vote"}
_KEYS = ("view", "procedure", "status", "reason", "notice", "version", "feedback", "verdict", "since", "until", "words")


def review(at: Office, user: User) -> None:
    """The list, or the reply that the address names."""
    user.need(Action.LOOK)
    for key in map("review-{}".format, _KEYS):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]  # else Streamlit forgets the filters while a reply is open
    if named := st.query_params.get("reply"):
        replaying.reply(at, user, named, _after(named))
        return
    st.title("Review", anchor=False)
    say()
    wanted = filters(at)
    if st.session_state.get("review-wanted") != wanted:
        st.session_state["review-wanted"], st.session_state["review-pages"] = wanted, []
    pages: list[int] = st.session_state["review-pages"]
    found = replies.replies(reviewing.journal(at.journal), wanted, pages[-1] if pages else None, LINES)
    st.session_state["review-ids"] = [line.id for line in found.lines]
    if not found.lines:
        st.write("Nothing fits. Replies are listed here some seconds after patients read them.")
    for line in found.lines:
        _line(line)
    with st.container(horizontal=True):
        if pages:
            st.button("Newer", on_click=_newer)
        if found.older is not None:
            st.button("Older", on_click=pages.append, args=(found.older,))
        downloads(at, user, "replies", wanted)


def filters(at: Office) -> Filter:
    """The saved view, narrowed by what is chosen beside it."""
    view = st.pills("Show", [ALL, *VIEWS], default=ALL, key="review-view") or ALL
    with st.expander("Filters"):
        words = st.text_input("Words in the question", key="review-words", max_chars=200)
        left, middle, right = st.columns(3)
        with left:
            status = st.multiselect("Outcome", STATUSES, format_func=plain, key="review-status")
            procedure = _choice("Procedure", _procedures(), "procedure")
            since = st.date_input("From (UTC)", None, key="review-since")
        with middle:
            reason = _choice("Reason for a no", {one.value: plain(one.value) for one in Reason}, "reason")
            notice = _choice("Card or note", {one.value: plain(one.value) for one in Notice}, "notice")
            until = st.date_input("Until (UTC)", None, key="review-until")
        with right:
            feedback: Any = _choice("Patient's vote", FEEDBACK, "feedback")
            judged = {**{one.value: plain(one.value) for one in Judgement}, "none": "not reviewed"}
            verdict: Any = _choice("Verdict", judged, "verdict")
            version = _choice("Version", {one: one for one in Versions(at.places.index).ids()}, "version")
    base = VIEWS.get(view, EVERYTHING)
    return replace(
        base, procedure=procedure, reason=reason, notice=notice, version=version, words=words.strip(),
        since=since if isinstance(since, date) else None, until=until if isinstance(until, date) else None,
        status=tuple(status) or base.status, feedback=feedback or base.feedback,
        verdict=Judgement(verdict) if verdict and verdict != "none" else verdict,
    )  # fmt: skip


def downloads(at: Office, user: User, what: str, wanted: Filter) -> None:
    """The newest rows as files; made when a button is pressed."""
    for form, mime in (("csv", "text/csv"), ("json", "application/json")):
        make = partial(reviewing.table, at, user, what, wanted, form)
        st.download_button(form.upper(), make, f"{what}.{form}", mime, key=f"{what}-{form}", on_click="ignore")


def plain(code: str) -> str:
    return code.replace("_", " ")


def _choice(label: str, options: dict[str, str], key: str) -> str | None:
    return st.selectbox(label, list(options), None, format_func=lambda one: options[one], key=f"review-{key}", placeholder="any")


def _procedures() -> dict[str, str]:
    return {**dict(desk().faq.procedures()), "": "about none"}


def _line(line: Listed) -> None:
    with st.container(key=f"line-{line.number}", gap=None):
        label = words_only(line.question) if line.question else "(the patient's words are no longer kept)"
        st.button(label, key=f"open-{line.number}", type="tertiary", on_click=replaying.go, args=(line.id,), wrap=True)
        part("line", line=line, when=f"{line.at.astimezone():%d %b, %H:%M}")


def _newer() -> None:
    st.session_state["review-pages"].pop()


def _after(id: str) -> str | None:
    ids: list[str] = st.session_state.get("review-ids", [])
    place = ids.index(id) + 1 if id in ids else len(ids)
    return ids[place] if place < len(ids) else None
