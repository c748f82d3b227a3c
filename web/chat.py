"""The patient's screen: one column, whole answers, every word with its source. Run by Streamlit for each turn."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st
from markupsafe import escape

from bot.types import Choice, Question, Turn
from ingest.types import FaqError
from web.conversation import Conversation
from web.desk import LONGEST_QUESTION, Desk, desk
from web.labels import Labels, labels_for
from web.pages import clinic_name, closed_html, fault_html, header_html, print_html, turn_html
from web.view import choices_heading, view

log = logging.getLogger(__name__)


def main() -> None:
    labels = labels_for(st.query_params.get("lang") or st.context.headers.get("accept-language"))
    st.set_page_config(layout="centered", page_title=labels.page.format(clinic="")[:60])
    try:
        draw(desk(), labels)
    except FaqError:  # between two versions, or the engine went away: the patient gets words to act on
        st.html(fault_html(labels, ready=False))


def draw(at: Desk, labels: Labels) -> None:
    conversation, titles = _conversation(at), dict(at.faq.procedures())  # what can fail comes before the first thing drawn
    with st.container(key="faq-top"):
        st.html(header_html(clinic_name(at.faq), labels))
        draw_scope(titles, conversation, labels)
    if closed := at.closed:
        st.html(closed_html(at.faq, labels))
    if conversation.turns:
        draw_turns(at, conversation, labels, closed=closed)
    elif not closed:
        draw_choices(at, conversation, labels.suggestions, at.faq.suggestions(conversation.procedure), "suggestions")
    with st.bottom:
        typed = st.chat_input(
            labels.ask, key="question", max_chars=LONGEST_QUESTION, on_submit=_submitted, args=(at, conversation)
        )
        st.html(f'<p class="faq faq-safety">{labels.safety}</p>')
    if typed and not st.session_state.pop("taken", False):  # typed as the line came back: a new session calls no callback
        _submitted(at, conversation)
        st.session_state.pop("taken")
        st.rerun()


def draw_scope(titles: Mapping[str, str], conversation: Conversation, labels: Labels) -> None:
    """What the chat is about and how to change it; start over and print once there is something to print."""
    chosen = next(iter(titles.values())) if len(titles) == 1 else titles.get(conversation.procedure or "")
    about = labels.about.format(title=chosen) if chosen else labels.about_any
    with st.container(key="faq-scope", horizontal=True, vertical_alignment="center"):
        if len(titles) > 1:
            with st.popover(words_only(f"{about} · {labels.change}"), type="tertiary"):
                for slug, title in ((None, labels.any_procedure), *titles.items()):
                    button(title, f"about-{slug}", _about, conversation, slug, disabled=slug == conversation.procedure)
        else:
            st.html(f'<p class="faq faq-about">{escape(about)}</p>', width="content")
        if conversation.turns:
            st.button(labels.start_over, key="start-over", type="tertiary", on_click=_start_over)
            st.html(print_html(labels), width="content")


def draw_turns(at: Desk, conversation: Conversation, labels: Labels, *, closed: bool) -> None:
    for number, turn in enumerate(conversation.turns, start=conversation.first):
        with st.container(key=f"turn-{number}"):
            st.html(conversation.drawn(number, partial(_turn, at, conversation, number, turn, labels)))
    if not closed:
        last = conversation.turns[-1].reply
        draw_choices(at, conversation, choices_heading(last, labels), last.choices or at.faq.related(last), f"choices-{number}")


def _turn(at: Desk, conversation: Conversation, number: int, turn: Turn, labels: Labels) -> str:
    reply, spoken_once = view(turn.reply, at.faq, labels), f"{conversation.id[:8]}-{number}"
    return turn_html(turn.question, reply, number, spoken_once, conversation.ids[number], labels)


def draw_choices(at: Desk, conversation: Conversation, heading: str, choices: tuple[Choice, ...], key: str) -> None:
    """Questions to tap, each of which can be answered."""
    if not choices:
        return
    with st.container(key=f"faq-{key.split('-', maxsplit=1)[0]}"):
        st.html(f'<h2 class="faq faq-choices-heading">{heading}</h2>')
        for number, choice in enumerate(choices):
            button(choice.label, f"{key}-{number}", _ask, at, conversation, choice.question, choice.procedure)


def button(label: str, key: str, then: Callable[..., None], *args: object, disabled: bool = False) -> None:
    """A button as wide as the column; its label is words, never Markdown."""
    st.button(words_only(label), key=key, on_click=then, args=args, disabled=disabled, width="stretch")


def words_only(text: str) -> str:
    """Text that Streamlit's Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>()#+.!|$~:-])", r"\\\1", text)


def on_error(error: Exception) -> bool:
    """What a patient sees of a fault of ours: words to act on. The traceback goes to the log."""
    log.error("the chat could not be drawn", exc_info=error)
    labels = labels_for(st.query_params.get("lang") or st.context.headers.get("accept-language"))
    st.html(fault_html(labels, ready=True))
    return True


def _conversation(at: Desk) -> Conversation:
    if "conversation" not in st.session_state:
        slug = st.query_params.get("procedure")
        conversation = Conversation(procedure=slug if slug in dict(at.faq.procedures()) else None)
        st.session_state.conversation = conversation
        if question := st.query_params.get("q", "").strip():
            _ask(at, conversation, question[:LONGEST_QUESTION], None)
    kept: Conversation = st.session_state.conversation
    return kept


def _submitted(at: Desk, conversation: Conversation) -> None:
    st.session_state.taken = True
    if question := str(st.session_state.question or "").strip():
        _ask(at, conversation, question, None)


def _ask(at: Desk, conversation: Conversation, question: str, procedure: str | None) -> None:
    asked = Question(question, procedure or conversation.procedure, tuple(conversation.turns))
    answered = at.ask(asked, session=conversation.id, address=st.context.ip_address or "local")
    conversation.add(question, answered.reply, answered.id)
    if procedure:
        conversation.procedure = procedure


def _about(conversation: Conversation, slug: str | None) -> None:
    conversation.procedure = slug


def _start_over() -> None:
    """A new conversation about the same procedure; its id is new, so that the journal does not join the two."""
    kept: Conversation = st.session_state.conversation
    st.session_state.conversation = Conversation(procedure=kept.procedure)


if __name__ == "__main__":
    main()
