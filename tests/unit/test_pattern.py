"""The clinicians' pattern language: what each sign means, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pattern import Pattern, PatternError


def matches(pattern: str, text: str, lists: dict[str, list[str]] | None = None) -> bool:
    return bool(list(Pattern.parse(pattern, lists).spans(text.split())))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("chest pain", "i have chest pain"),
        ("(chest|rib cage) pain", "rib cage pain"),
        ("(very|really)? bad", "it is bad"),
        ("(very|really)? bad", "it is very bad"),
        ("chest ..3 pain", "chest has a pain"),
        ("chest ..3 pain", "chest pain"),
        ("bleed*", "it is bleeding"),
        ("can't breathe", "i cannot breathe"),
        ("chest pain", "chest , pain"),
        ("(a (b|c d)|e) f", "a c d f"),
    ],
)
def test_a_pattern_matches_what_it_says(pattern: str, text: str) -> None:
    assert matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("chest pain", "pain chest"),
        ("chest ..3 pain", "chest one two three four pain"),
        ("chest ..3 pain", "my chest . pain"),
        ("bleed", "bleeding"),
        ("(very|really) bad", "it is bad"),
    ],
)
def test_a_pattern_does_not_match_more_than_it_says(pattern: str, text: str) -> None:
    assert not matches(pattern, text)


def test_a_list_stands_for_its_entries() -> None:
    assert matches("<body> hurts", "left leg hurts", {"body": ["arm", "left leg"]})


@pytest.mark.parametrize(
    "pattern", ["", "(a|b", "a)", "a|b", "a?", "(a)?", "..3 a", "a ..3", "a ..99 b", "<nothing> a", "a.*b", "[ab]", "A\\d", "()"]
)
def test_a_pattern_that_does_not_follow_the_language_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Pattern.parse(pattern)


def test_a_list_that_contains_itself_is_refused() -> None:
    with pytest.raises(PatternError, match="contains itself"):
        Pattern.parse("<a>", {"a": ["b <a>"]})


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_pattern_or_a_typed_error(text: str) -> None:
    try:
        Pattern.parse(text)
    except PatternError as error:
        assert "Pattern" in str(error)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", ".", ","]), max_size=30))
def test_every_match_is_a_place_in_the_text(tokens: list[str]) -> None:
    for span in Pattern.parse("a ..2 (b|c)").spans(tokens):
        assert 0 <= span.start < span.end <= len(tokens)
        assert tokens[span.start] == "a"
        assert tokens[span.end - 1] in ("b", "c")
        assert "." not in tokens[span.start : span.end]
