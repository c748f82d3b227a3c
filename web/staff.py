"""The staff app's frame: who is signed in, which screen. Run by Streamlit for each turn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from ingest.types import FaqError
from web import approved, closing, content, dashboard, drafting
from web import gaps as silent
from web import review as reviewed
from web.office import Office, office
from web.pages import ASSETS, staff_html
from web.roles import Action, User

log = logging.getLogger(__name__)
Draw = Callable[[Office, User], None]


@dataclass(frozen=True, slots=True)
class Screen:
    """One page of the staff app, and what a user must be allowed to see it."""

    title: str
    path: str  # in the address; web/staff_routes.py serves it
    draw: Draw
    needs: Action = Action.LOOK


SCREENS = (
    Screen("Documents", "", content.documents),
    Screen("Drafts", "draft", drafting.draft),
    Screen("Review", "review", reviewed.review),
    Screen("Gaps", "gaps", silent.gaps),
    Screen("Answers", "answers", approved.answers),
    Screen("Figures", "figures", dashboard.dashboard),
    Screen("History", "history", content.history),
    Screen("Close the chat", "closing", closing.closing, Action.CLOSE),
)


def main() -> None:
    st.set_page_config(page_icon=str(ASSETS / "icon.png"), layout="wide", page_title="Staff")
    at = office()
    user = at.login.current(st.context.headers.get("authorization"))
    if user is None:
        st.html(staff_html("said", words="Your login has ended. Reload the page to sign in again.", good=False))
        return
    frame(at, user)


def frame(at: Office, user: User) -> None:
    """The navigation, and the screen that the address names. A role sees only its own."""
    pages = [
        st.Page(partial(_drawn, one, at, user), title=one.title, url_path=one.path, default=not one.path)
        for one in SCREENS
        if user.may(one.needs)
    ]
    chosen = st.navigation(pages, position="hidden")
    with st.container(key="staff-top", horizontal=True, vertical_alignment="center"):
        for page in pages:
            st.page_link(page, label=f"**{page.title}**" if page == chosen else page.title, width="content")
        st.html(staff_html("top", name=user.name, role=user.role))
    chosen.run()


def _drawn(screen: Screen, at: Office, user: User) -> None:
    user.need(screen.needs)
    try:
        screen.draw(at, user)
    except FaqError as error:
        st.html(staff_html("said", words=str(error), good=False))


def on_error(error: Exception) -> bool:
    """What staff see of a fault of ours. The traceback goes to the log."""
    log.error("a staff screen could not be drawn", exc_info=error)
    words = "Something went wrong here, and nothing was changed by it. Reload the page, or tell whoever looks after the program."
    st.html(staff_html("said", words=words, good=False))
    return True


if __name__ == "__main__":
    main()
