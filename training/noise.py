"""A clean phrasing becomes what people really type: misspelt, spelt as spoken, with an aside before or after it."""

from __future__ import annotations

import random
import re

TYPOS, SPOKEN, STORIES = 0.10, 0.12, 0.15  # shares of the training questions
_SPELT = {
    "what": "wat wot", "when": "wen", "know": "no kno", "you": "u", "your": "ur", "are": "r", "because": "cos bc", "before": "b4",
    "right": "rite", "night": "nite", "straight": "strait", "have": "hav", "does": "dose", "someone": "sumone sum1",
    "something": "sumthing sumthin", "anything": "anythin", "through": "thru", "though": "tho", "would": "wud", "should": "shud",
    "could": "cud", "will": "wil", "they": "thay", "their": "there", "there": "their", "where": "were", "doctor": "docter dr doc",
    "surgery": "surgary sergery surgry", "procedure": "proceedure procedur", "operation": "opperation op", "operations": "ops",
    "painful": "painfull", "careful": "carefull", "until": "til untill", "afterwards": "after wards", "really": "realy",
    "usually": "usualy", "exactly": "exacly", "people": "ppl peple", "please": "pls plz", "tomorrow": "tmrw", "hours": "hrs",
    "hour": "hr", "minutes": "mins", "weeks": "wks", "week": "wk", "months": "mths", "about": "abt bout", "with": "wiv",
    "going": "goin", "getting": "gettin", "having": "havin", "doing": "doin", "taking": "takin", "want": "wanna", "to": "2 too",
    "for": "4", "and": "n an", "medicine": "medisin", "infection": "infecton", "appointment": "apointment appt",
    "physical": "phisical", "recovery": "recovry", "necessary": "neccesary", "different": "diffrent", "actually": "actualy acutally",
    "allowed": "aloud alowed", "wait": "wate", "whole": "hole", "quite": "quiet", "which": "wich", "whether": "weather",
    "anesthesia": "anesthisia anastesia", "bleeding": "bleedin", "bruise": "bruse", "stitches": "stiches", "exercise": "excercise",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z']+")


def noisy(text: str, stories: list[str], rng: random.Random) -> str:
    """The text, or for a share of them a typed version of it."""
    if rng.random() < SPOKEN:
        text = as_spoken(text, rng)
    if rng.random() < TYPOS:
        text = with_typos(text, rng)
    if stories and rng.random() < STORIES:
        text = with_story(text, stories, rng)
    return text


def as_spoken(text: str, rng: random.Random) -> str:
    """Text spelling of the words that have one, no capitals, often no punctuation."""

    def spelt(match: re.Match[str]) -> str:
        forms = _SPELT.get(match[0].lower())
        return rng.choice(forms.split()) if forms and len(forms.split()[0]) and rng.random() < 0.6 else match[0]

    text = _WORD.sub(spelt, text).lower()
    return re.sub(r"[,.?!']", "", text) if rng.random() < 0.6 else text


def with_story(text: str, stories: list[str], rng: random.Random) -> str:
    """One or two asides before the question, or one after it."""
    before = [rng.choice(stories) for _ in range(rng.choice((0, 1, 1, 2)))]
    after = [rng.choice(stories)] if not before or rng.random() < 0.2 else []
    whole = " ".join((*before, text, *after))
    return whole.lower() if text == text.lower() else whole


def with_typos(text: str, rng: random.Random) -> str:
    """One or two letters swapped, dropped, doubled or replaced."""
    letters = list(text)
    for _ in range(rng.choice((1, 1, 2))):
        places = [i for i in range(1, len(letters) - 1) if letters[i].isalpha() and letters[i + 1].isalpha()]
        if len(places) < 4:
            break
        i = rng.choice(places)
        kind = rng.randrange(4)
        if kind == 0:
            letters[i], letters[i + 1] = letters[i + 1], letters[i]
        elif kind == 1:
            del letters[i]
        elif kind == 2:
            letters.insert(i, letters[i])
        else:
            letters[i] = rng.choice("aeiourstln")
    return "".join(letters)


def read_stories(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]
