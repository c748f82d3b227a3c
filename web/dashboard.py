"""Figures by day as plots, each beside the same figures as a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import streamlit as st

from bot import figures
from bot.figures import Day
from bot.review import Filter
from web import reviewing
from web.desk import desk
from web.gaps import period
from web.office import Office
from web.review import downloads, plain
from web.roles import Action, User
from web.screen import part

HEADS = ("Day", "Questions", "Answered, %", "Refused", "Cards for danger", "Helpful", "Not helpful", "95 % within, s")


def dashboard(at: Office, user: User) -> None:
    """Questions, answers, refusals, speed and votes of some days, of all procedures or one."""
    user.need(Action.LOOK)
    st.title("Figures", anchor=False)
    wanted = period("figures-days")
    titles = dict(desk().faq.procedures())
    procedure = st.selectbox(
        "Procedure", list(titles), None, format_func=lambda slug: titles[slug], placeholder="all", key="figures-of"
    )
    found = figures.days(reviewing.journal(at.journal), Filter(procedure=procedure, since=wanted.since))
    if not found:
        st.write("Nothing was asked in these days.")
        return
    rows = by_day(found)
    days = [str(row[0]) for row in rows]
    left, right = st.columns(2)
    with left:
        st.header("Questions and refusals", anchor=False)
        st.line_chart({"day": days, "Questions": [row[1] for row in rows], "Refused": [row[3] for row in rows]}, x="day", x_label="", color=["#0f5c63", "#a3161a"])  # fmt: skip
        st.header("Votes", anchor=False)
        st.bar_chart({"day": days, "Helpful": [row[5] for row in rows], "Not helpful": [row[6] for row in rows]}, x="day", x_label="", color=["#0f5c63", "#a3161a"])  # fmt: skip
    with right:
        st.header("Answered, %", anchor=False)
        st.line_chart({"day": days, "Answered, %": [row[2] for row in rows]}, x="day", x_label="", color="#0f5c63")
        st.header("95 % of replies within, seconds", anchor=False)
        st.line_chart({"day": days, "Seconds": [row[7] for row in rows]}, x="day", x_label="", color="#0f5c63")
    st.header("Why not answered", anchor=False)
    reasons: Counter[str] = Counter()
    for one in found:
        reasons.update(dict(one.reasons))
    if reasons:
        part("counts", caption="Why not answered", heads=("Reason", "Questions"), rows=[(plain(name), count) for name, count in reasons.most_common()])  # fmt: skip
    st.header("By day", anchor=False)
    part("counts", caption="Figures by day", heads=HEADS, rows=rows[::-1])
    with st.container(horizontal=True):
        downloads(at, user, "days", Filter(procedure=procedure, since=wanted.since))


def by_day(found: Sequence[Day]) -> list[tuple[str | int | float, ...]]:
    """One row a day as HEADS names them, oldest first; the time is that of the slowest procedure."""
    of_day: dict[str, list[Day]] = defaultdict(list)
    for one in found:
        of_day[one.day].append(one)
    rows: list[tuple[str | int | float, ...]] = []
    for day, ones in of_day.items():
        asked, answered = sum(one.questions for one in ones), sum(one.answered for one in ones)
        votes = sum(one.helpful for one in ones), sum(one.not_helpful for one in ones)
        refused, danger = sum(one.refused for one in ones), sum(one.escalated for one in ones)
        rows.append((day, asked, round(100 * answered / asked), refused, danger, *votes, round(max(one.p95 for one in ones), 3)))
    return rows
