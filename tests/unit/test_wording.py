"""Our own words: short, plain, number first, complete in both languages, and never an invented fact."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.safety_data import SafetyDataError
from bot.wording import Wording

ROOT = Path(__file__).resolve().parents[2]
MESSAGES, CLINIC = ROOT / "data" / "safety" / "messages.yaml", ROOT / "data" / "clinic.toml"
WORDING = Wording.load(MESSAGES, CLINIC)
MOST_WORDS = 15  # in a sentence
MOST_GRADE = 6.0  # Flesch-Kincaid


def sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?])\s+", text) if s.strip()]


def syllables(word: str) -> int:
    word = re.sub(r"[^a-z]", "", word.lower())
    groups = len(re.findall(r"[aeiouy]+", word))
    dull_ed = word.endswith("ed") and not word.endswith(("ted", "ded"))
    silent = (word.endswith("e") and not word.endswith(("le", "ee"))) or dull_ed
    return max(1, groups - silent)


def grade(text: str) -> float:
    """Flesch-Kincaid grade: 0.39 words/sentence + 11.8 syllables/word - 15.59 (Kincaid and others, 1975)."""
    words = re.findall(r"[A-Za-z']+", text)
    return 0.39 * len(words) / len(sentences(text)) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize("name", sorted(WORDING.cards))
def test_a_card_is_short_and_plain(name: str) -> None:
    card = WORDING.card(name)
    whole = " ".join((card.title, *card.lines))
    assert max(len(s.split()) for s in sentences(whole)) <= MOST_WORDS
    assert grade(whole) <= MOST_GRADE


def test_the_texts_are_plain_together_and_short_one_by_one() -> None:
    texts = [
        WORDING.text(key, title="SI Joint Fusion", section="Risks", name="that", days=30, date="May 1")
        for key in WORDING.texts
        if not key.startswith("call.") and not key.endswith("_es")
    ]
    assert max(len(s.split()) for text in texts for s in sentences(text)) <= MOST_WORDS + 2
    assert grade(" ".join(t if t.endswith((".", "?", "!")) else f"{t}." for t in texts)) <= MOST_GRADE


@pytest.mark.parametrize(("name", "number"), [("crisis", "988"), ("emergency", "911")])
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_number_comes_first_and_can_be_tapped(name: str, number: str, language: str) -> None:
    card = WORDING.card(name, "es" if language == "es" else "en")
    assert number in card.title
    assert card.actions[0].href == f"tel:{number}"
    assert card.language == language


@pytest.mark.parametrize("name", ["crisis", "emergency", "urgent", "handover"])
def test_the_danger_cards_exist_in_spanish_and_are_marked_unreviewed(name: str) -> None:
    assert WORDING.card(name, "es").language == "es"
    assert WORDING.card(name, "es").reviewed == "UNREVIEWED"


def test_an_unknown_phone_number_is_never_made_up(tmp_path: Path) -> None:
    clinic = tmp_path / "clinic.toml"
    clinic.write_text('name = "Vitruvian Health"\nphone = ""\n', encoding="utf-8")
    card = Wording.load(MESSAGES, clinic).card("urgent")
    assert card.title == "Call the clinic now."
    assert [action.href for action in card.actions] == ["tel:911"]


def test_a_known_phone_number_is_said_and_can_be_tapped(tmp_path: Path) -> None:
    clinic = tmp_path / "clinic.toml"
    clinic.write_text('name = "Vitruvian Health"\nphone = "555-555-0100"\n', encoding="utf-8")
    card = Wording.load(MESSAGES, clinic).card("urgent")
    assert card.title == "Call the clinic at 555-555-0100 now."
    assert card.actions[0].href == "tel:5555550100"


def test_the_tracked_clinic_facts_are_not_invented() -> None:
    facts = tomllib.loads(CLINIC.read_text(encoding="utf-8"))
    assert facts["name"] == "Vitruvian Health"


@pytest.mark.parametrize(
    "promise", ["probably fine", "nothing to worry", "you are fine", "you're fine", "normal for you", "don't worry"]
)
def test_no_fixed_word_reassures(promise: str) -> None:
    assert promise not in MESSAGES.read_text(encoding="utf-8").lower()


def test_a_missing_card_or_a_bad_link_is_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "messages.yaml"
    broken.write_text(MESSAGES.read_text(encoding="utf-8").replace("  handover:", "  handed:"), encoding="utf-8")
    with pytest.raises(SafetyDataError, match=r"cards\.handover"):
        Wording.load(broken, CLINIC)
    broken.write_text(MESSAGES.read_text(encoding="utf-8").replace("tel:988", "javascript:1", 1), encoding="utf-8")
    with pytest.raises(SafetyDataError, match=r"messages\.yaml:\d+"):
        Wording.load(broken, CLINIC)
