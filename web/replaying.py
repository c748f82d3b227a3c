"""One kept reply as the patient saw it: what it rests on, the verdict, asking again, a golden question."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from bot import replay as proofs
from bot.kept import WHOLE_REPLY, Judgement, Kept, Verdict
from bot.replay import Replayed
from web import overview, reviewing
from web.desk import LONGEST_QUESTION, desk
from web.office import Office
from web.roles import Action, User
from web.screen import did, part, say
from web.view import kept_cards, kept_notes

WHOLE = "The whole reply"
DANGER = ("emergency", "crisis", "urgent")
NAMES = {
    Judgement.RIGHT: "Right",
    Judgement.INCOMPLETE: "Incomplete",
    Judgement.WRONG: "Wrong",
    Judgement.HARMFUL: "Harmful",
    Judgement.CONTENT_PROBLEM: "Content problem",
}


def reply(at: Office, user: User, id: str, following: str | None) -> None:
    """`following` is the next reply of the list."""
    st.title("One reply", anchor=False)
    say()
    with st.container(horizontal=True):
        st.button("Back to the list", on_click=go, args=(None,), shortcut="Alt+B")
        st.button("Next reply", on_click=go, args=(following,), disabled=following is None, shortcut="Alt+N")
    kept = reviewing.opened(at, user, id)
    problems = proofs.prove(kept, reviewing.words(at.places.index, kept.listed.version))
    left, right = st.columns([3, 2], gap="large")
    with left:
        faq, when = desk().faq, f"{kept.listed.at.astimezone():%d %b %Y, %H:%M}"
        part("kept", kept=kept, when=when, cards=kept_cards(kept, faq), notes=kept_notes(kept, faq))
        question = kept.searched or kept.listed.question
        if question and user.may(Action.WRITE_ANSWER) and kept.listed.status not in DANGER:
            part("write", href="/answers?" + urlencode({"procedure": kept.listed.procedure, "question": question}))
    with right:
        verdict(at, user, kept)
    part("evidence", kept=kept, problems=problems)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Ask again on that version"):
            with st.spinner("Asking…"):
                st.session_state["again"] = reviewing.again(at, user, kept)
    found: Replayed | None = st.session_state.get("again")
    if found is not None and found.id == id:
        part("replayed", found=found)
    golden(at, user, kept)


def verdict(at: Office, user: User, kept: Kept) -> None:
    """Choose a sentence, write a note, press a verdict; the next sentence without one is chosen by itself."""
    st.header("Verdict", anchor=False)
    given = {one.sentence: one for one in kept.listed.verdicts}
    part("verdicts", given=kept.listed.verdicts, names=NAMES)
    if not user.may(Action.REVIEW):
        st.caption("Giving a verdict needs the role reviewer.")
        return
    places = [*range(len(kept.sentences)), WHOLE_REPLY]
    first = next((place for place in places if place not in given), places[0])
    chosen_key, note_key = f"which-{kept.listed.id}-{len(given)}", f"note-{kept.listed.id}-{len(given)}"
    place = st.radio("About", places, places.index(first), format_func=lambda n: _named(n, given), key=chosen_key)
    st.text_area("Note", key=note_key, max_chars=500, height=80)
    seen = given[place].revision if place in given else 0
    with st.container(horizontal=True, key="judge"):
        for number, judgement in enumerate(NAMES, start=1):
            args = (at, user, kept.listed.id, place, judgement, note_key, seen)
            st.button(NAMES[judgement], key=f"judge-{judgement}", on_click=_judged, args=args, shortcut=f"Alt+{number}")
    st.caption("“Harmful” takes the section out of every answer at once. It needs a note.")


def golden(at: Office, user: User, kept: Kept) -> None:
    """The question tried now, or kept so that every publish asks it."""
    danger = kept.listed.status in DANGER  # no page should answer it
    st.header("Try it now" if danger else "Try it now, or make it a golden question", anchor=False)
    key = kept.listed.id
    question = st.text_input(
        "Question, without anything that says who asked", kept.searched or kept.listed.question, LONGEST_QUESTION, f"q-{key}"
    )
    if st.button("Try it now") and question.strip():
        part("tried", name="Patients read now", view=reviewing.try_now(user, question.strip(), kept.listed.procedure))
    pages = {one.document.slug: one for one in overview.live(at).outlines}
    if not user.may(Action.REVIEW) or not pages or danger:
        return
    cited = kept.citations[0] if kept.citations else None
    slugs = list(pages)
    meant = cited.document if cited else kept.listed.procedure
    slug = st.selectbox(
        "Page that must answer it",
        slugs,
        slugs.index(meant) if meant in pages else 0,
        format_func=lambda one: pages[one].document.title,
        key=f"page-{key}",
    )
    paths = [one.path for one in pages[slug].sections]
    path = st.selectbox(
        "Section that must answer it",
        paths,
        paths.index(cited.section) if cited and cited.section in paths else None,  # a refusal has none: staff choose it
        format_func=" › ".join,
        placeholder="Choose the section",
        key=f"section-{key}-{slug}",
    )
    if st.button("Make this a golden question"):
        done = "Kept. From now on every publish asks it, and says so when that section no longer answers."
        did(done, reviewing.make_golden, at, user, question, slug, path)
        st.rerun()


def go(id: str | None) -> None:
    """Opens a reply, or the list."""
    if id is None:
        st.query_params.clear()
    else:
        st.query_params["reply"] = id


def _judged(at: Office, user: User, id: str, sentence: int, judgement: Judgement, note_key: str, seen: int) -> None:
    """As a callback: it names the revision that was on the screen, not the one a colleague wrote since."""
    note = str(st.session_state.get(note_key, ""))
    done = f"Your verdict is kept: {NAMES[judgement].lower()}."
    if judgement is Judgement.HARMFUL:
        done += " The quoted words that patients could still read are out of every answer; Documents lists them."
    did(done, reviewing.judge, at, user, id, sentence, judgement, note, seen)


def _named(place: int, given: dict[int, Verdict]) -> str:
    judged = f" ({NAMES[given[place].judgement].lower()})" if place in given else ""
    return (WHOLE if place == WHOLE_REPLY else f"Sentence {place + 1}") + judged
