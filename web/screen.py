"""What the staff screens share: doing an action of a button, and saying how it went at the top of the next drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ingest.types import FaqError
from web.pages import staff_html


def part(macro: str, **values: Any) -> None:
    """Draws a part of staff.html; nothing when there is nothing in it, which st.html refuses."""
    if html := staff_html(macro, **values).strip():
        st.html(html)


def act(done: str, action: Callable[..., object], *args: Any) -> None:
    """`did`, for a button."""
    did(done, action, *args)


def did(done: str, action: Callable[..., object], *args: Any) -> bool:
    """Runs an action and tells whether it went well; its words, or those of its refusal, are said when the screen is drawn next."""
    try:
        action(*args)
    except FaqError as error:
        st.session_state.said = (str(error), False)
        return False
    st.session_state.said = (done, True)
    return True


def say() -> None:
    """Says how the last action went, once."""
    if said := st.session_state.pop("said", None):
        part("said", words=said[0], good=said[1])
