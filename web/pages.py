"""Pages that need no JavaScript: the simple chat, a procedure's published text, our own messages, and Streamlit's shell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from bot.faq import Faq
from bot.language import Language
from bot.published import PublishedDocument
from bot.types import Choice, Reply
from bot.wording import Contact
from ingest.outline import only_marks
from ingest.types import FaqError
from web.handover import handover
from web.labels import Labels, day, labels_for
from web.markup import Block, Run, Span, blocks, lists
from web.view import View, choices_heading

WEB = Path(__file__).parent
ASSETS = WEB / "static"
OUR_CLINIC = "Our clinic"  # until data/clinic.toml can be read
RETRY_SECONDS = 5


class ShellChanged(FaqError):
    """Streamlit's page is not the one that we know how to make ours."""


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """The address of one of our files, with a digest of what is in it, so that browsers may keep it for a year."""
    return f"/assets/{hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:12]}.{name}"


def ask_href(question: str, procedure: str | None) -> str:
    return "/plain?" + urlencode({"q": question, **({"procedure": procedure} if procedure else {})})


_templates = Environment(
    loader=FileSystemLoader(WEB / "templates"),
    autoescape=True,
    auto_reload=False,  # else each drawing looks at the dates of the files
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals |= {"lists": lists, "day": day, "asset": asset, "ask_href": ask_href}


def _draw(template: str, **values: Any) -> str:
    return re.sub(r"\n\s*\n+", "\n", _templates.get_template(template).render(**values))


def _page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(_draw(template, **values), status, {"vary": "Accept-Language"})


# Fragments for the chat: the only HTML that reaches st.html, every value in it escaped.


def turn_html(question: str, shown: View, number: int, id: str, reply_id: str, labels: Labels) -> str:
    """A question and its reply; `id` is its own in the page, `reply_id` is what feedback names."""
    text = handover(question, shown, labels) if shown.rated else ""
    return _draw("turn.html", question=question, view=shown, number=number, id=id, reply_id=reply_id, text=text, labels=labels)


def staff_html(macro: str, **values: Any) -> str:
    """One part of a staff screen: a macro of staff.html with its values."""
    module = _templates.get_template("staff.html").make_module({"labels": labels_for("en")})
    return re.sub(r"\n\s*\n+", "\n", str(getattr(module, macro)(**values)))


def header_html(clinic: str, labels: Labels) -> str:
    return _draw("header.html", clinic=clinic, labels=labels)


def print_html(labels: Labels) -> str:
    return _draw("print.html", labels=labels)


def closed_html(faq: Faq, labels: Labels) -> str:
    """The fixed words while staff keep the chat closed."""
    language: Language = "es" if labels.language == "es" else "en"
    return _draw("closed.html", text=faq.wording.text("closed", language), contact=faq.wording.contact(language), labels=labels)


def fault_html(labels: Labels, *, ready: bool) -> str:
    return _draw("fault.html", labels=labels, ready=ready)


# Whole pages.


def plain_page(
    faq: Faq,
    labels: Labels,
    *,
    procedure: str | None,
    question: str = "",
    answer: View | None = None,
    reply: Reply | None = None,
    reply_id: str = "",
    closed: bool = False,
    problem: str = "",
    longest: int,
) -> HTMLResponse:
    """The simple chat: a form, and what was answered to it."""
    choices: Sequence[Choice] = (reply.choices or faq.related(reply)) if reply else ()
    return _page(
        "plain.html",
        labels=labels,
        clinic=clinic_name(faq),
        procedure=procedure or "",
        procedures=faq.procedures(),
        question=question,
        kept=question if problem else "",
        answer=answer,
        reply_id=reply_id,
        closed=Markup(closed_html(faq, labels)) if closed else "",  # noqa: S704 - drawn by our own template
        choices=choices,
        choices_heading=choices_heading(reply, labels) if reply else "",
        suggestions=() if answer or closed else faq.suggestions(procedure),
        problem=problem,
        longest=longest,
    )


def feedback_page(faq: Faq, labels: Labels, reply_id: str, *, ask_why: bool, saved: bool) -> HTMLResponse:
    """The thanks, or the question why after a "no"."""
    return _page("feedback.html", labels=labels, clinic=clinic_name(faq), reply_id=reply_id, ask_why=ask_why, saved=saved)


def procedure_page(faq: Faq, labels: Labels, document: PublishedDocument, quote: Span | None) -> HTMLResponse:
    """A procedure's published text with an anchor at every heading, and the cited words highlighted; nothing that is withdrawn."""
    marks = [quote] if quote else []
    latest = faq.document(document.slug)
    found = _shown(document, marks, faq.wording.text("page_withdrawn"))
    first = next((block for block in found if any(run.marked for run in block.runs)), None)
    if found and found[0].text == document.title:  # the title line is the page's own heading
        found = found[1:]

    def quote_id(block: Block) -> Markup:
        return Markup(' id="quote"') if block is first else Markup("")

    return _page(
        "procedure.html",
        labels=labels,
        clinic=clinic_name(faq),
        document=document,
        found=found,
        current=latest is not None and latest.text == document.text,
        quote_id=quote_id,
        language="en",
    )


def _shown(document: PublishedDocument, marks: Sequence[Span], updating: str) -> tuple[Block, ...]:
    """The blocks of a document, with one line of ours in the place of each run of withdrawn words."""
    notice = Block("paragraph", (Run(updating),))
    end = len(document.text)
    found: list[Block] = []
    at = 0
    for start, stop in (*document.withdrawn, (end, end)):
        if not only_marks(document.text[at:start]):
            found += blocks(document.text, at, start, marks=marks, sections=document.sections)
        if stop > start and found[-1:] != [notice]:
            found.append(notice)
        at = stop
    return tuple(found)


def procedures_page(faq: Faq, labels: Labels) -> HTMLResponse:
    return _page("procedures.html", labels=labels, clinic=clinic_name(faq), procedures=faq.procedures())


def not_found(accept_language: str | None) -> HTMLResponse:
    labels = labels_for(accept_language)
    return _message(404, labels, labels.not_found, [])


def not_ready(labels: Labels) -> HTMLResponse:
    """Nothing is published, or the engine is not open. The page comes back by itself."""
    return _message(503, labels, labels.not_ready, [labels.not_ready_how], again=RETRY_SECONDS)


def _message(status: int, labels: Labels, heading: str, lines: Sequence[str], again: int = 0) -> HTMLResponse:
    return _page("message.html", status, labels=labels, clinic=OUR_CLINIC, heading=heading, lines=lines, again=again)


def clinic_name(faq: Faq) -> str:
    return faq.wording.clinic.name or OUR_CLINIC


# Streamlit's own page, made ours.


@lru_cache(maxsize=4)
def shell(clinic: str, contact: Contact | None, labels: Labels, app: str = "shell") -> str:
    """Streamlit's index.html with our title, language, icon, style and script, and without its inline script.

    Raises ShellChanged when another Streamlit has another page, so that an upgrade cannot lose them quietly.
    """
    html = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    html = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL).lstrip()
    head = _draw(f"{app}_head.html", labels=labels)
    body = _draw(f"{app}_body.html", labels=labels, clinic=clinic, contact=contact)
    title = Markup.escape(labels.page.format(clinic=clinic) if app == "shell" else f"Staff · {clinic}")
    for pattern, replacement in (
        (r'<html lang="en">', f'<html lang="{labels.language}">'),
        (r"<title>.*?</title>", f"<title>{title}</title>{head}"),
        (r'<link rel="shortcut icon"[^>]*>', ""),
        (r'<link\s+rel="preload"[^>]*?as="font"[^>]*>', ""),
        (r'<link rel="service-desc"[^>]*>', ""),
        (r"<script>.*?</script>", ""),
        (r"<noscript>.*?</noscript>", body),
    ):
        found = re.search(pattern, html, flags=re.DOTALL)
        if found is None:
            raise ShellChanged(f"Streamlit {streamlit.__version__}: its page has no {pattern}. Look at web/pages.py.")
        html = html[: found.start()] + replacement + html[found.end() :]
    return re.sub(r"\n\s*\n+", "\n", html)
