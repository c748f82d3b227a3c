"""Danger first: what stops, what does not, and what can never weaken a red flag."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.classifier import checksum
from bot.safety_data import SafetyDataError
from bot.triage import LEVELS, Level, Triage

SAFETY = Path(__file__).resolve().parents[2] / "data" / "safety"
TRIAGE = Triage.load(SAFETY)
RED_FLAGS = [(text, LEVELS[rule.band]) for rule in {r.id: r for r in TRIAGE.red_flags.rules}.values() for text in rule.must_match]
EMERGENCIES = [
    "I have crushing chest pain",
    "I can't breathe",
    "my groin is numb",
    "I lost control of my bladder",
    "I can't move my legs",
    "my wife's face is drooping",
    "my husband is unconscious",
    "the wound won't stop bleeding",
    "my throat is closing up",
    "I took too many pills",
    "I want to kill myself",
]
EVERYDAY = [
    "how long does the procedure take",
    "what are the risks",
    "is infection a risk?",
    "no chest pain, just wondering when I can drive",
    "the wait is killing me",
    "what if it gets infected",
    "how rare is nerve damage",
    "I had a stroke in 2015, is that a problem?",
    "can I eat before?",
    "will my leg be numb afterwards",
    "needles and me: I faint at the sight of needles",
    "nine days and no change at all in the knee, did it not do what it should",
]
LOOK_ALIKES = str.maketrans({"a": "а", "e": "е", "o": "о", "c": "с", "p": "р"})


def level(text: str) -> Level:
    return TRIAGE.assess(text, None).level


def swap_letters(text: str) -> str:
    """One typing slip: the middle letters of the longest word change places."""
    words = text.split()
    longest = max(words, key=lambda w: (len(w), w))
    at = len(longest) // 2
    slip = longest[: at - 1] + longest[at] + longest[at - 1] + longest[at + 1 :]
    return text.replace(longest, slip, 1)


def test_every_rule_matches_its_examples_and_not_its_counter_examples() -> None:
    assert TRIAGE.check_examples() == []


@pytest.mark.parametrize("text", EVERYDAY)
def test_a_negated_past_hypothetical_or_idiomatic_mention_does_not_stop(text: str) -> None:
    assert level(text) < Level.URGENT


@pytest.mark.parametrize("text", EMERGENCIES)
@pytest.mark.parametrize(
    "weakened",
    [
        "it's probably nothing but {}",
        "my husband says it's nothing. {}",
        "sorry to bother you, {}",
        "no big deal, {}",
        "{}, I'm sure it's fine",
        "quick question: {}",
        "{} how long is the recovery?",
        "what are the risks? {}",
    ],
)
def test_a_minimiser_or_a_question_beside_it_never_weakens_an_emergency(text: str, weakened: str) -> None:
    assert level(weakened.format(text)) >= level(text) >= Level.EMERGENCY


@pytest.mark.parametrize("text", EMERGENCIES)
def test_case_look_alike_letters_and_hidden_characters_never_weaken_an_emergency(text: str) -> None:
    wanted = level(text)
    assert level(text.upper()) >= wanted
    assert level(text.translate(LOOK_ALIKES)) >= wanted
    assert level("\u200b".join(text)) >= wanted
    assert level(text.replace("'", "’")) >= wanted
    assert level(text.replace("'", "")) >= wanted


@pytest.mark.parametrize("text", EMERGENCIES)
def test_one_typing_slip_never_hides_an_emergency(text: str) -> None:
    assert level(swap_letters(text)) >= Level.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "my mother has crushing chest pain",
        "my son can't breathe",
        "my husband lost control of his bladder",
        "grandpa can't move his legs",
        "my daughter took too many pills",
        "my brother wants to kill himself",
        "my husband had surgery and won't wake up",
        "my wife had this done on monday and can't breathe",
        "my dad had a seizure",
        "my friend passed out",
    ],
)
def test_an_emergency_of_someone_else_counts_the_same(text: str) -> None:
    assert level(text) >= Level.EMERGENCY


@pytest.mark.parametrize("text", ["me duele mucho el pecho", "no puedo respirar", "quiero morirme", "no puedo mover las piernas"])
def test_a_spanish_emergency_is_recognised_as_spanish(text: str) -> None:
    found = TRIAGE.assess(text, None)
    assert found.level >= Level.EMERGENCY
    assert found.language == "es"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(RED_FLAGS), st.text(max_size=200), st.booleans())
def test_adding_a_red_flag_never_lowers_the_level(flag: tuple[str, Level], other: str, first: bool) -> None:
    text, own = flag
    joined = f"{text}. {other}" if first else f"{other}. {text}"
    assert level(joined) >= max(own, level(other) if not first else Level.NONE)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gets_an_assessment(text: str) -> None:
    assert TRIAGE.assess(text, None).level in Level


def test_a_red_flag_in_the_middle_or_at_the_end_of_a_long_story_counts() -> None:
    story = "The procedure was some weeks ago and the nurse was kind. " * 40
    assert level(story + "I have crushing chest pain. " + story) is Level.EMERGENCY
    assert level(story + story + "I want to kill myself") is Level.CRISIS


def test_a_failing_model_shows_the_card_and_keeps_the_rules() -> None:
    def broken(_: str) -> np.ndarray:
        raise RuntimeError("no model")

    assert TRIAGE.assess("how long does it take", broken).level is Level.SYMPTOM
    assert TRIAGE.assess("I can't breathe", broken).level is Level.EMERGENCY
    assert TRIAGE.assess("how long does it take", lambda _: np.full(384, np.nan, dtype=np.float32)).level is Level.SYMPTOM


def test_a_failure_inside_triage_shows_the_card() -> None:
    assert TRIAGE.assess(None, None).level >= Level.SYMPTOM  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["should I stop my blood thinner before surgery?", "is it safe for me?", "do I need the surgery?", "am I too old for this?"],
)
def test_a_personal_decision_is_seen_as_advice(text: str) -> None:
    assert TRIAGE.assess(text, None).advice


@pytest.mark.parametrize("text", ["how long does the procedure take", "what are the risks", "do I need someone to drive me home"])
def test_a_plain_question_is_not_advice(text: str) -> None:
    assert not TRIAGE.assess(text, None).advice


def test_a_broken_rule_file_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = shutil.copytree(SAFETY, tmp_path / "safety")
    rules = folder / "red_flags.yaml"
    lines = rules.read_text(encoding="utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip() == "- pus")
    lines[at] = lines[at].replace("pus", "(pus")
    rules.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SafetyDataError, match=rf"red_flags\.yaml:{at + 1}:"):
        Triage.load(folder)


def test_an_example_that_its_rule_gets_wrong_is_refused_at_load(tmp_path: Path) -> None:
    folder = shutil.copytree(SAFETY, tmp_path / "safety")
    rules = folder / "red_flags.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("- i cant breathe\n", "- lovely weather\n"), encoding="utf-8")
    with pytest.raises(SafetyDataError, match="must match “lovely weather”"):
        Triage.load(folder)


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(SAFETY, tmp_path / "safety")
    weights = folder / "classifier.json"
    content = json.loads(weights.read_text(encoding="ascii"))
    assert content["sha256"] == checksum(content)
    content["heads"]["symptom"]["bias"] += 1
    weights.write_text(json.dumps(content), encoding="ascii")
    with pytest.raises(SafetyDataError, match="checksum"):
        Triage.load(folder)
