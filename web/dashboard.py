"""Figures by day as plots, beside the same figures as a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import streamlit as st

from bot import figures
from bot.figures import Day
from bot.review import Filter
from web import plots, reviewing
from web.desk import desk
from web.gaps import period
from web.office import Office
from web.plots import Series
from web.review import downloads, plain
from web.roles import Action, User
from web.screen import part

HEADS = ("Day", "Questions", "Answered", "Answered, %", "Refused", "Cards for danger", "Helpful", "Not helpful", "95 % within, s")


@dataclass(frozen=True, slots=True)
class Total:
    """One day of all procedures."""

    day: str  # ISO date, UTC
    questions: int
    answered: int
    refused: int
    danger: int
    helpful: int
    not_helpful: int
    seconds: float  # 95 % of the replies of the slowest procedure took no longer
    reasons: Counter[str]  # of everything that was not answered

    @property
    def share(self) -> float:
        """Answered, in percent."""
        return round(100 * self.answered / self.questions)

    @property
    def other(self) -> int:
        """Off topic, which procedure, not available."""
        return self.questions - self.answered - self.refused - self.danger

    @property
    def row(self) -> tuple[str | int | float, ...]:
        """As HEADS names them."""
        votes = (self.helpful, self.not_helpful)
        return (self.day, self.questions, self.answered, self.share, self.refused, self.danger, *votes, self.seconds)


def dashboard(at: Office, user: User) -> None:
    """Questions, answers, refusals, speed and votes of some days, of all procedures or one."""
    user.need(Action.LOOK)
    st.title("Figures", anchor=False)
    left, right = st.columns(2)
    with left:
        wanted = period("figures-days")
    titles = dict(desk().faq.procedures())
    with right:
        procedure = st.selectbox(
            "Procedure", list(titles), None, format_func=lambda slug: titles[slug], placeholder="all", key="figures-of"
        )
    wanted = Filter(procedure=procedure, since=wanted.since)
    found = figures.days(reviewing.journal(at.journal), wanted)
    if not found:
        st.write("Nothing was asked in these days.")
        return
    totals = by_day(found)
    draw(totals, wanted.since or date.fromisoformat(totals[0].day))
    reasons = sum((one.reasons for one in totals), Counter[str]())
    if reasons:
        st.header("All days: why not answered", anchor=False)
        part("counts", caption="Why not answered", heads=("Reason", "Questions"), rows=[(plain(name), count) for name, count in reasons.most_common()])  # fmt: skip
    st.header("By day", anchor=False)
    st.caption("Days are UTC. The time is that of the slowest procedure.")
    part("counts", caption="Figures by day", heads=HEADS, rows=[one.row for one in reversed(totals)])
    with st.container(horizontal=True):
        downloads(at, user, "days", wanted)


def draw(totals: Sequence[Total], since: date) -> None:
    """Five plots; the tables below them says the same to who cannot see them."""
    days, until = [one.day for one in totals], datetime.now(UTC).date()
    outcomes = (
        Series("Answered", [one.answered for one in totals], plots.TEAL),
        Series("Refused", [one.refused for one in totals], plots.AMBER),
        Series("Cards for danger", [one.danger for one in totals], plots.RED),
        Series("Other", [one.other for one in totals], plots.GREY),
    )
    votes = (
        Series("Helpful", [one.helpful for one in totals], plots.TEAL),
        Series("Not helpful", [one.not_helpful for one in totals], plots.RED),
    )
    share = Series("Answered, %", [one.share for one in totals], plots.TEAL)
    seconds = Series("Seconds", [one.seconds for one in totals], plots.TEAL)
    left, right = st.columns(2)
    with left:
        plots.bars("Questions, by what came of them", days, outcomes, since, until)
    with right:
        plots.bars("Answered, %", days, (share,), since, until, top=100)
    why = sum((one.reasons for one in totals), Counter[str]()).most_common()
    kinds = [
        Series(plain(name), [one.reasons[name] for one in totals], colour)
        for (name, _), colour in zip(why, plots.MANY, strict=False)
    ]
    if kinds:
        plots.bars("Why not answered", days, kinds, since, until)
    left, right = st.columns(2)
    with left:
        plots.bars("Votes", days, votes, since, until)
    with right:
        plots.bars("95 % of replies within, seconds", days, (seconds,), since, until)


def by_day(found: Sequence[Day]) -> list[Total]:
    """One total a day, oldest first."""
    of_day: dict[str, list[Day]] = defaultdict(list)
    for one in found:
        of_day[one.day].append(one)
    return [
        Total(
            day=day,
            questions=sum(one.questions for one in ones),
            answered=sum(one.answered for one in ones),
            refused=sum(one.refused for one in ones),
            danger=sum(one.escalated for one in ones),
            helpful=sum(one.helpful for one in ones),
            not_helpful=sum(one.not_helpful for one in ones),
            seconds=round(max(one.p95 for one in ones), 3),
            reasons=sum((Counter(dict(one.reasons)) for one in ones), Counter[str]()),
        )
        for day, ones in of_day.items()
    ]
