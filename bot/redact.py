"""A patient's words become Redacted text: what identifies is `[…]`, and only words of the vocabulary are kept.

Two nets: patterns for what has a shape (phones, e-mails, dates, record numbers …) or a cue ("my name is"), then an
allow-list for every remaining word. FINDINGS.md has the figures for both. Redaction is idempotent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any

from bot.normalise import canonical, clean
from bot.vocabulary import Vocabulary

MASK = "[…]"
MAX_WORDS = 500  # kept; what comes after is dropped
MAX_WORD = 80  # characters; longer ones are masked unread, which also keeps the patterns' time linear
MAX_CHARACTERS = 100_000  # read at all
SHORTEST_MISSPELT = 6  # letters; shorter unknown words are masked even when one edit from a known one
_MADE = object()

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|terrace|circle|cir|highway|hwy|"
    r"parkway|pkwy|square|trail|loop|calle|avenida)"
)
_DIGIT_WORD = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|hundred)"
_FLAGS = re.IGNORECASE

# What has a shape of its own, or a cue that leaves no doubt: seen in the chat, these bring the privacy line.
_IDENTIFIERS = [
    re.compile(r"[\w.+%-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)+", _FLAGS),  # e-mail
    re.compile(r"\b[\w.+-]+ ?[\[(]?\bat\b[\])]? ?[\w-]+ ?[\[(]?\b(?:dot|punto)\b[\])]? ?(?:com|net|org|edu|gov|co|us)\b", _FLAGS),
    re.compile(r"(?<![\w.])(?:\+?\d{1,3}[ .()/-]*)?\(?\d{3}\)?[ ./-]*\d{3}[ ./-]*\d{4}(?!\d)"),  # phone with area code
    re.compile(r"(?<![\w.])\d{3}[ .-]\d{4}(?!\d)"),  # phone without
    re.compile(r"(?<!\w)\+\d[\d ().-]{6,18}\d"),  # international
    re.compile(r"(?<!\d)\d{3}[- .]\d{2}[- .]\d{4}(?!\d)"),  # SSN
    re.compile(r"\b(?:ssn|social(?: security)?)\b[^.\n]{0,20}?\d[\d -]{2,11}", _FLAGS),
    re.compile(rf"(?:\b{_DIGIT_WORD}\b[ ,-]*){{5,}}", _FLAGS),  # digits spelt out
    re.compile(
        r"\b(?:mrn|m\.r\.n\.?|(?:medical )?record|chart|patient|member(?:ship)?|policy|subscriber|insurance|account|acct|"
        r"group|claim|case|"
        r"confirmation|reference|ref|prescription|rx|license|licence|passport|medicaid|medicare|invoice|serial|appointment)"
        r"(?:[ -]?(?:id|number|num|no|nr|card))?[ .:#=-]*(?:is|was|are)?[ .:#=-]*"
        r"(?:[a-z]{1,4}[ -])?(?=[a-z0-9-]*\d)[a-z0-9]+(?:[ -](?=[a-z0-9-]*\d)[a-z0-9]+){0,3}\b",
        _FLAGS,
    ),
    re.compile(r"\b(?:id|no|number)[ .:#=]+(?:is )?(?=[a-z0-9-]*\d{3})[a-z0-9-]+\b", _FLAGS),
    re.compile(r"#\s?\d{3,}\w*"),
    re.compile(r"(?<![\d.])\d{1,4}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})(?!\d)"),  # 3/14/1961, 1961-03-14
    re.compile(rf"\b{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:of )?(?:19|20)\d\d\b", _FLAGS),
    re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of |de )?{_MONTH}\.?,? (?:de )?(?:19|20)\d\d\b", _FLAGS),
    re.compile(
        r"\b(?:dob|d\.o\.b\.?|date of birth|birth ?date|birthday|born(?: on| in)?|nac[ií](?:do|da)?(?: el)?|bday)\b[ :]*"
        r"(?:is |was |on )?"
        rf"(?:{_MONTH}\.? ?\d{{0,2}}(?:st|nd|rd|th)?,? ?(?:\d{{2,4}})?|\d[\d/ .-]{{1,9}})",
        _FLAGS,
    ),
    re.compile(
        rf"\b\d{{1,6}}[a-z]?,? (?:[nsew]\.? )?(?:[\w'.-]+ ){{1,4}}{_STREET}\b\.?(?:,? (?:apt|unit|suite|#|apartment)\.? ?\w+)?",
        _FLAGS,
    ),
    re.compile(r"\b(?:p\.?o\.? box|apt|apartment|suite)\.? #?\d+\w*\b", _FLAGS),
    re.compile(r"\b[a-z]{1,5}[- ]?\d{5,}[a-z0-9-]*\b", _FLAGS),  # XYZ123456
    re.compile(r"(?<![\w.])\d{7,}(?!\w)"),
]
# Masked as well, but too common in harmless text to bring the line.
_OTHER = [
    re.compile(r"\b(?:https?://|www\.)\S+", _FLAGS),
    re.compile(r"\b[\w-]+\.(?:com|net|org|edu|gov|io|co|us|info|example)\b(?:/\S*)?", _FLAGS),
    re.compile(rf"\b{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b", _FLAGS),
    re.compile(rf"\b(?:the )?\d{{1,2}}(?:st|nd|rd|th)? (?:of |de ){_MONTH}\b", _FLAGS),
    re.compile(r"(?<![\d.:/])\d{1,2}/\d{1,2}(?![\d/])(?! (?:pain|out))"),
    re.compile(r"(?<!\w)@\w+"),
    re.compile(r"\b\d{5}(?:-\d{4})?\b"),
    re.compile(r"\b(?!(?:19|20)\d\d\b)\d{4,}\b"),
    re.compile(r"\b\d[\d ,.-]{6,}\d\b"),
]
_NOT_NAMES = (
    r"(?!(?:and|i|im|i'm|my|is|was|but|the|a|an|on|in|at|not|so|to|for|from|have|had|has|please|can|could|what|when|how|who|"
    r"with|you|your|we|he|she|they|it|its|also|of|or|do|does|did|will|would|should|are|am|been|just|calling|asking|this|that)\b)"
)
_NAME = rf"{_NOT_NAMES}[^\W\d_][\w'’.-]*"
# A cue that says: the next words are a name, whatever they look like.
_NAMED = re.compile(
    r"\b((?:(?:my|his|her|the|full|first|last|patient(?:'s)?|maiden|middle|sur) ?names?(?:'s| is| was|:)?|name is|"
    r"names are|name:|call me|i go by|known as|me llamo|mi nombre es|se llama|named|sincerely,?|regards,?|signed,?|yours truly,?)"
    rf"[ :]+)({_NAME}(?: {_NAME}){{0,2}})",
    _FLAGS,
)
# A cue that says so only for words that start with a capital letter or are known names.
_TITLED = re.compile(
    r"\b((?:[Dd]r|[Mm]rs?|[Mm]s|[Mm]iss|[Dd]octor|[Nn]urse|[Ss]urgeon|[Pp]rof(?:essor)?|[Ss]ra?|[Dd]ra|[Dd]on|[Dd]oña)"
    r"\.? )([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)"
)
_SELF = re.compile(
    r"\b((?:[Tt]his is|[Ii]t'?s|[Ii] am|[Ii]'?m|[Hh]i,?|[Ss]oy|[Hh]ere is)[ ,]+)([A-Za-z][\w'’-]+)((?: [A-Z][\w'’-]+)?)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+[^\W\d_]+\w*|[^\W\d_]+\d\w*|[^\x00-\x7f\s…¿¡°½–—“”‘’·•€£é-ü]")
_KEPT_CODES = re.compile(
    r"(?:[ltsc]\d{1,2}|\d{1,3}(?:st|nd|rd|th|am|pm|mg|mcg|ml|kg|lb|lbs|cm|mm|hrs?|h|min|wks?|days?|x|s|yo|yrs?|f|k)?|"
    r"covid19|b12|a1c|x\d)",
    _FLAGS,
)
_MASKS_IN_A_ROW = re.compile(r"\[…\](?:[ ,]*\[…\])+")


@dataclass(frozen=True, slots=True, init=False)
class Redacted:
    """Text that went through `redact`; nothing else can make one, so nothing else can reach the journal."""

    text: str
    saw_identifier: bool = field(compare=False)

    def __init__(self, text: str, saw_identifier: bool, made: Any) -> None:
        if made is not _MADE:
            raise TypeError("Only bot.redact.redact makes a Redacted.")
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "saw_identifier", saw_identifier)

    def __str__(self) -> str:
        return self.text


def saw_identifier(text: str) -> bool:
    """Whether something with the shape or cue of personal data was typed: brings "Please don't share personal details"."""
    text = " ".join(_words(text))
    if any(pattern.search(text) for pattern in _IDENTIFIERS):
        return True
    return bool(_NAMED.search(text))


def redact(text: str, vocabulary: Vocabulary) -> Redacted:
    """What may be kept of `text`. Words of `vocabulary` stay, everything that may identify is `[…]`."""
    seen = saw_identifier(text)
    before, plain = "", " ".join(_words(text))
    while plain != before:  # a mask may uncover a shape; every pass only masks more, so this ends
        before, plain = plain, _mask(plain, vocabulary)
    return Redacted(plain, seen, _MADE)


def _mask(plain: str, vocabulary: Vocabulary) -> str:
    for pattern in (*_IDENTIFIERS, *_OTHER):
        plain = pattern.sub(f" {MASK} ", plain)
    plain = _NAMED.sub(lambda m: m[1] + MASK, plain)
    plain = _TITLED.sub(lambda m: m[1] + MASK, plain)
    plain = _SELF.sub(lambda m: _introduced(m, vocabulary), plain)
    plain = _allowed(plain, vocabulary)
    return _MASKS_IN_A_ROW.sub(MASK, " ".join(_words(plain)))


def _words(text: str) -> list[str]:
    cleaned = clean(text[:MAX_CHARACTERS], MAX_CHARACTERS).replace("[...]", MASK)  # NFKC writes … as three points
    return [word if len(word) <= MAX_WORD else MASK for word in cleaned.split()[:MAX_WORDS]]


def _introduced(found: re.Match[str], vocabulary: Vocabulary) -> str:
    """ "This is Grace" names someone; "this is normal" does not."""
    cue, first, second = found[1], found[2], found[3]
    is_name = first.lower() in vocabulary.names and (first[0].isupper() or first.lower() not in vocabulary.words)
    return cue + MASK if is_name or (second and first[0].isupper()) else found[0]


def _allowed(text: str, vocabulary: Vocabulary) -> str:
    pieces: list[str] = []
    at, name_before = 0, False
    for found in _WORD.finditer(text):
        between = text[at : found.start()]
        beside = name_before and between.strip() == ""
        start = not text[: found.start()].strip() or text[: found.start()].rstrip()[-1:] in ".!?:;"
        follows = re.match(r"\s+([A-Z][^\W\d_]+|\[…\])", text[found.end() :])
        keep = _keeps(found[0], vocabulary, beside=beside, start=start, before_capital=bool(follows))
        pieces += [between, found[0] if keep else MASK]
        name_before = not keep and found[0][0].isalpha()
        at = found.end()
    return "".join([*pieces, text[at:]])


def _keeps(word: str, vocabulary: Vocabulary, *, beside: bool, start: bool, before_capital: bool) -> bool:
    if any(c.isdigit() for c in word):
        return bool(_KEPT_CODES.fullmatch(word))
    lower = canonical(word)
    if len(word) == 1:
        return word.isascii()
    capital = word[0].isupper() and not word.isupper()
    parts = [part for part in re.split(r"[ '’-]+", lower) if part]
    if lower in vocabulary.names or any(part in vocabulary.names for part in parts):
        known = all(part in vocabulary.words for part in parts)
        if not known or (capital and (not start or before_capital)) or (capital and beside):
            return False
    if capital and beside and not start:
        return False  # "Dana Baker": the word after a masked name, written like one
    return bool(parts) and all(
        len(p) == 1 or vocabulary.knows(p) or (not beside and _misspelt(p, vocabulary.words, vocabulary.names)) for p in parts
    )


def _misspelt(word: str, known: frozenset[str], names: frozenset[str]) -> bool:
    """One edit from a known word (Norvig, "How to write a spelling corrector"), and nobody's name."""
    if len(word) < SHORTEST_MISSPELT or word in names or not word.islower():
        return False
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    return (
        any(a + b[1:] in known for a, b in splits if b)
        or any(a + b[1] + b[0] + b[2:] in known for a, b in splits if len(b) > 1)
        or any(a + c + b[1:] in known for a, b in splits if b for c in ascii_lowercase)
        or any(a + c + b in known for a, b in splits for c in ascii_lowercase)
    )
