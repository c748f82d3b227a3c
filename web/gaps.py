"""What patients ask and our pages do not answer well: by procedure and topic, and grouped by meaning; how right the bot is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import streamlit as st

from bot import figures, verdicts
from bot import gaps as silent
from bot.gaps import Cluster
from bot.review import Filter
from web import reviewing
from web.desk import desk
from web.office import Office
from web.review import downloads, plain
from web.roles import Action, User
from web.screen import part, say

DAYS = {7: "the last 7 days", 30: "the last 30 days", 90: "the last 90 days", 365: "the last year"}
MOST = 30  # lines of a table


def gaps(at: Office, user: User) -> None:
    """Figures at once; grouping by meaning takes some seconds and waits for its button."""
    user.need(Action.LOOK)
    st.title("Gaps", anchor=False)
    say()
    wanted = period("gaps-days")
    db = reviewing.journal(at.journal)
    st.header("By procedure and topic", anchor=False)
    st.write("Most refused and disliked first. “None” is a topic that no section of the page is about.")
    heads = ("Procedure", "Topic", "Asked", "Answered", "Refused", "Disliked")
    cells = figures.matrix(db, wanted)
    rows = [(one.procedure or "none", plain(one.topic), one.asked, one.answered, one.refused, one.disliked) for one in cells]
    _table("By procedure and topic", heads, rows)
    with st.container(horizontal=True):
        downloads(at, user, "matrix", wanted)
    st.header("Questions that mean the same, by patients", anchor=False)
    if st.button("Group the questions"):
        with st.spinner("Asking them again and grouping them…"):
            faq = desk().faq
            st.session_state["clusters"] = silent.gaps(db, faq.embed, faq.ask, faq.version or "", wanted)
    found: tuple[Cluster, ...] | None = st.session_state.get("clusters")
    if found is not None:
        _table("Questions that mean the same", ("Question", "Procedure", "Patients", "Refused", "Disliked", "Nearest section"), [
            (one.name, one.procedure, one.patients, one.refused, one.disliked, f"{one.section or 'no section'} ({one.state})")
            for one in found
        ])  # fmt: skip
    st.header("How right it is, of reviewed replies", anchor=False)
    right = verdicts.confusion(db)
    judged = [
        ("Answered", right.answered_rightly, right.answered_wrongly),
        ("Refused", right.refused_rightly, right.refused_wrongly),
    ]
    part("counts", caption="Reviewed replies", heads=("The bot", "Rightly", "Wrongly"), rows=judged)


def period(key: str) -> Filter:
    """The days that are looked at, up to today."""
    days = st.selectbox("Days", list(DAYS), 1, format_func=lambda count: DAYS[count], key=key)
    return Filter(since=datetime.now(UTC).date() - timedelta(days=days - 1))


def _table(caption: str, heads: tuple[str, ...], rows: Sequence[tuple[str | int, ...]]) -> None:
    if not rows:
        st.write("Nothing.")
        return
    part("counts", caption=caption, heads=heads, rows=rows[:MOST])
    if len(rows) > MOST:
        st.caption(f"The first {MOST} of {len(rows)}.")
