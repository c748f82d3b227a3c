"""The screen of approved answers: what is suspended, what waits for another person, what patients get, and a form to write one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ingest.approved import LASTS, LONGEST, LONGEST_QUESTION, Entry, same_person
from ingest.fuse import Standing, State
from ingest.outline import MAX_WORDS
from ingest.types import Outline
from web import answering
from web.answering import Wish
from web.chat import words_only
from web.office import Office
from web.roles import Action, User
from web.screen import act, did, part, say

HEADINGS = {
    State.SUSPENDED: "Suspended: patients do not get these from the next publish on",
    State.WAITING: "Waiting for another person's approval",
    State.IN_FORCE: "In force: the next publish takes these along",
}
NEW = "A new answer"


def answers(at: Office, user: User) -> None:
    """Every answer by what it needs, and the form."""
    user.need(Action.LOOK)
    st.title("Answers", anchor=False)
    say()
    st.write(
        "An approved answer becomes part of its page with the next publish. Open a draft to see what changes, and to publish."
    )
    found, problems = answering.listed(at)
    if problems:
        part("problems", found=problems)
    for state, heading in HEADINGS.items():
        mine = [one for one in found if one.state is state]
        if mine:
            st.header(heading, anchor=False)
        for one in mine:
            part("entry", found=one)
            buttons(at, user, one)
    if user.may(Action.WRITE_ANSWER):
        form(at, user, found, answering.pages(at))
    else:
        st.caption("To write an answer needs the role reviewer.")


def buttons(at: Office, user: User, one: Standing) -> None:
    """What this user may do with an answer."""
    if not user.may(Action.APPROVE_ANSWER):
        return
    entry = one.entry
    with st.container(horizontal=True):
        if one.state is State.WAITING and not same_person(user.name, entry.author):
            args = (f"“{entry.question}” is approved.", answering.approve, at, user, entry)
            st.button(words_only(f"Approve “{entry.question}”"), key=f"approve-{entry.place}", on_click=act, args=args)
        args = (f"“{entry.question}” is removed. Patients read it until the next publish.", answering.remove, at, user, entry)
        st.button(words_only(f"Remove “{entry.question}”"), key=f"remove-{entry.place}", on_click=act, args=args)


def form(at: Office, user: User, found: list[Standing], pages: Mapping[str, Outline]) -> None:
    """Writes an answer, or one again. `?procedure=…&question=…` fill it in: other screens link to it so."""
    st.header("Write an answer", anchor=False)
    if not pages:
        st.write("There is no page yet that an answer could belong to.")
        return
    known = {one.entry.place: one.entry for one in found if one.entry.document in pages}
    again = st.selectbox(
        "Write", ["", *known], format_func=lambda place: f"{known[place].question} (again)" if place else NEW, key="answer-again"
    )
    old = known.get(again)
    slug = old.document if old else _page(pages)
    sections = {" › ".join(one.path): one.path for one in pages[slug].sections}
    if old:
        st.caption("It has to be approved again. Until then the next publish leaves it out.")
    with st.form(f"answer-{again}-{slug}", border=False):
        question = st.text_input(
            "The patients' question", old.question if old else st.query_params.get("question", ""),
            max_chars=LONGEST_QUESTION, key=f"question-{again}",
        )  # fmt: skip
        answer = st.text_area(f"The answer, at most {MAX_WORDS} words", old.answer if old else "", key=f"answer-text-{again}")
        rests = st.multiselect(
            "It rests on these sections; none means the whole page. When their words change, the answer is suspended.",
            list(sections), default=_rests(old, sections), key=f"sections-{again}-{slug}",
        )  # fmt: skip
        today = answering.today()
        expires = st.date_input("It ends on", today + LASTS, max_value=today + LONGEST, key=f"expires-{again}")
        sent = st.form_submit_button("Keep it for approval")
    if sent:
        wish = Wish(slug, question, answer, tuple(sections[one] for one in rests), expires, again)
        did("Kept. Another person must approve it.", answering.write, at, user, wish)
        st.rerun()


def _page(pages: Mapping[str, Outline]) -> str:
    wished = st.query_params.get("procedure", "")
    slugs = list(pages)
    first = slugs.index(wished) if wished in pages else 0
    return str(st.selectbox("Page", slugs, index=first, format_func=lambda slug: pages[slug].document.title, key="answer-page"))


def _rests(old: Entry | None, sections: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The sections that an answer rested on and that are still there."""
    before = {one.section for one in old.rests_on} if old else set()
    return [name for name, path in sections.items() if path in before]
