"""The screen that closes the patients' chat in a moment, and opens it again."""

from __future__ import annotations

import streamlit as st

from bot import switch
from ingest.storage import words
from ingest.types import FaqError
from web.office import Office
from web.overview import reason
from web.roles import Action, User
from web.screen import did, part, say

CLOSED = "The chat is closed: patients read that they should call. Danger still gets its card."
OPEN = "The chat answers patients."


class NotRecorded(FaqError):
    """The chat is closed, and the audit does not say so."""


def closing(at: Office, user: User) -> None:
    """Says whether the chat is closed, by whom and why, and does the other thing."""
    user.need(Action.CLOSE)
    st.title("Close the chat", anchor=False)
    say()
    closed = switch.is_closed(at.data)
    part("said", words=CLOSED if closed else OPEN, good=not closed)
    if closed and (told := switch.told(at.data)):
        st.text(told)
    why = st.text_input("Why", key="closing-why", max_chars=500)
    if closed and st.button("Open the chat again"):
        did("Opened. It is on the audit.", open_again, at, user, why)
        st.rerun()
    if not closed and st.button("Close the chat now", type="primary"):
        did("Closed. It is on the audit.", close, at, user, why)
        st.rerun()


def close(at: Office, user: User, why: str) -> None:
    """Every patient reads the fixed words from the next question on. It never waits for a reason. Raises NotRecorded."""
    user.need(Action.CLOSE)
    try:
        switch.close(at.data, at.places.index, user.name, why.strip()[:500] or "No reason was given.")
    except OSError as error:
        raise NotRecorded(f"The chat is closed. That could not be written to the audit: {words(error)}") from error


def open_again(at: Office, user: User, why: str) -> None:
    """Raises NotClosed, NoReason."""
    user.need(Action.CLOSE)
    switch.reopen(at.data, at.places.index, user.name, reason(why))
