"""The journal of some days becomes a page in Markdown: what was asked, what to look at, what the page is silent on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Engine

from bot import figures, review, verdicts
from bot.gaps import Cluster
from bot.kept import Judgement
from bot.review import VIEWS, Filter, counted

MOST = 10  # lines of a list


def digest(db: Engine, clusters: Sequence[Cluster] | None, today: date, days: int) -> str:
    """The last `days` days, today included. `clusters` is None when nothing is published. Raises JournalError."""
    since = today - timedelta(days=days - 1)
    wanted = Filter(since=since, until=today)
    lines = [f"# Questions to the chat, {since} to {today}", "", *_counts(db, wanted), "", "## To look at", ""]
    for name, view in VIEWS.items():
        found = counted(db, review.within(view, since, today))
        unseen = counted(db, review.within(view, since, today, verdict="none"))
        lines.append(f"* {name}: {found}, {unseen} of them not reviewed")
    for judgement in (Judgement.HARMFUL, Judgement.WRONG, Judgement.CONTENT_PROBLEM):
        lines.append(
            f"* judged {judgement.value.replace('_', ' ')}: {counted(db, review.within(Filter(verdict=judgement), since, today))}"
        )
    matrix = verdicts.confusion(db)
    lines += [
        "",
        f"Of all reviewed replies, {matrix.answered_wrongly} of {matrix.answered_wrongly + matrix.answered_rightly} answers were wrong "
        f"and {matrix.refused_wrongly} of {matrix.refused_wrongly + matrix.refused_rightly} refusals.",
        "",
        "## Asked and not answered, or disliked",
        "",
        *_gaps(clusters),
        "",
        "## Asked most",
        "",
        *_table("question | procedure | patients | asked", [(_words(one.question), one.procedure, one.patients, one.asked) for one in figures.most_asked(db, MOST, wanted)]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _counts(db: Engine, wanted: Filter) -> list[str]:
    found = figures.days(db, wanted)
    if not found:
        return ["Nothing was asked."]
    questions = sum(day.questions for day in found)
    reasons: Counter[str] = Counter()
    for day in found:
        reasons.update(dict(day.reasons))
    rows = [
        ("questions", questions),
        ("answered from a page", f"{sum(day.answered for day in found)} ({sum(day.answered for day in found) / questions:.0%})"),
        *((f"not answered: {reason.replace('_', ' ')}", count) for reason, count in reasons.most_common()),
        ("emergency, crisis or urgent card", sum(day.escalated for day in found)),
        ("found helpful / not", f"{sum(day.helpful for day in found)} / {sum(day.not_helpful for day in found)}"),
        ("slowest day, 95 % of replies within", f"{max(day.p95 for day in found):.2f} s"),
    ]
    return _table("figure | ", rows)


def _gaps(clusters: Sequence[Cluster] | None) -> list[str]:
    if clusters is None:
        return ["Nothing is published, so nothing could be asked again."]
    rows = [
        (_words(one.name), one.procedure, one.patients, f"{one.section or 'no section'} ({one.state})") for one in clusters[:MOST]
    ]
    return _table("question | procedure | patients | nearest section", rows)


def _table(heads: str, rows: Sequence[Sequence[object]]) -> list[str]:
    if not rows:
        return ["Nothing."]
    rule = " | ".join("---" for _ in heads.split("|"))
    return [f"| {heads} |", f"| {rule} |", *(f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in rows)]


def _words(question: str) -> str:
    """A patient's words as a code span: nothing in them is taken for a link or an image."""
    return f"`{question.replace('`', chr(39))}`"
