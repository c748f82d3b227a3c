"""A patient's raw message becomes clean text (for the embedding) and word tokens (for the rules)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

MAX_CLEAN = 2_000  # characters kept for embedding and search: the head and the tail, the middle goes
MAX_RULES = 12_000  # characters the rules read, so that a flag in the middle of a long story still counts
SHORTEST_CORRECTED = 5  # letters; shorter words have too many neighbours one edit away
SHORTEST_TWO_EDITS = 9  # letters; from here two edits still point at one word

_HOMOGLYPHS = str.maketrans(
    "аеорсухіјѕԁһӏвкмнтгАВЕКМНОРСТУХІЈЅαορνικτευωηΑΒΕΖΗΙΚΜΝΟΡΤΥΧɑɡıℓ",
    "aeopcyxijsdhlbkmhtrABEKMHOPCTYXIJSaopviktevwnABEZHIKMNOPTYXagil",
)
_QUOTES = str.maketrans({"‘": "'", "’": "'", "‛": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_KEPT_CONTROLS = {"\n", "\t"}

# Spellings of one meaning become one token, in messages and in patterns alike.
_ONE_TOKEN = {
    "cannot": r"can ?'?not|can'?t|cannt|canot|cnt|cant|cna'?t|ca'?nt|can t|cn'?t|cant'|can;t|can\"t|cabt|cat't",
    "dont": r"do ?not|don'?t|dnt",
    "doesnt": r"does ?not|doesn'?t|doesnt",
    "didnt": r"did ?not|didn'?t",
    "wont": r"will ?not|won'?t",
    "wouldnt": r"would ?not|wouldn'?t",
    "couldnt": r"could ?not|couldn'?t",
    "shouldnt": r"should ?not|shouldn'?t",
    "isnt": r"is ?not|isn'?t|aint|ain't",
    "arent": r"are ?not|aren'?t",
    "wasnt": r"was ?not|wasn'?t",
    "werent": r"were ?not|weren'?t",
    "havent": r"have ?not|haven'?t",
    "hasnt": r"has ?not|hasn'?t",
    "hadnt": r"had ?not|hadn'?t",
}
_EXPANDED = {
    "i am": r"i'?m",
    "i have": r"i'?ve",
    "i will": r"i'll",
    "i would": r"i'd",
    "he is": r"he'?s",
    "she is": r"she'?s",
    "it is": r"it'?s",
    "that is": r"that'?s",
    "what is": r"what'?s",
    "there is": r"there'?s",
    "they are": r"they'?re",
    "you are": r"you'?re",
    "we are": r"we're",
    "we have": r"we've",
    "they have": r"they'?ve",
    "going to": r"gonna|gunna",
    "want to": r"wanna",
    "got to": r"gotta",
    "kind of": r"kinda",
    "because": r"cuz|coz|cos|bc|b/c",
    "you": r"u",
    "your": r"ur",
    "are": r"r",
    "and": r"n|&",
    "please": r"pls|plz",
    "right now": r"rn",
    "with": r"w/",
    "without": r"w/o",
    "emergency room": r"e\.r\.",
    "temperature": r"temp",
    "medicine": r"meds|med",
    "doctor": r"doc|dr\.?",
    "surgery": r"sx",
}
_SPELLINGS = [
    (re.compile(rf"(?<![\w'])(?:{spellings})(?![\w'])"), token) for token, spellings in (_ONE_TOKEN | _EXPANDED).items()
]
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W_]+(?:[@$0-9][^\W_]+)*|[.!?;:\n]+|,| - |[()]")
_SPACED_OUT = re.compile(r"(?<!\w)(?:\w ){4,}\w(?!\w)")


def clean(text: str, most: int = MAX_CLEAN) -> str:
    """Readable text without tricks: NFKC, no zero-width or control characters, no look-alike letters, plain quotes."""
    if len(text) > most:
        text = f"{text[: most // 2]} \n{text[-(most // 2) + 2 :]}"
    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    text = "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cn", "Cs"))
    text = re.sub(r"\S+", lambda found: _latin(found.group()), text)
    return re.sub(r"[ \t]+", " ", text).strip()


def _latin(word: str) -> str:
    """Look-alike letters are replaced only in words that also hold Latin letters, or are made of look-alikes alone."""
    if word.isascii():
        return word
    swapped = word.translate(_HOMOGLYPHS)
    mixed = any("a" <= c.lower() <= "z" for c in word)
    return swapped if mixed or swapped.isascii() else word


def canonical(text: str) -> str:
    """Lower case, no accents, one spelling for contractions. Used on messages and on patterns, so that both meet."""
    text = unicodedata.normalize("NFKD", text.lower())
    text = "".join(c for c in text if not unicodedata.combining(c))
    for spelling, token in _SPELLINGS:
        text = spelling.sub(token, text)
    for ending, word in (("'d", " would"), ("'ll", " will"), ("'re", " are"), ("'ve", " have")):
        text = re.sub(rf"(?<=\w){ending}(?!\w)", word, text)
    return re.sub(r"(?<=\w)'s?(?!\w)", "", text).replace("'", "")


def tokens(cleaned: str) -> list[str]:
    """Lower-case words; "." ends a sentence, "," is a pause. Possessives lose their 's."""
    text = _SPACED_OUT.sub(lambda found: found.group().replace(" ", ""), cleaned)
    return [_mark(t) for t in _TOKEN.findall(canonical(text))]


def _mark(token: str) -> str:
    if token[0] in ".!?;:\n":
        return "."
    return "," if token in (",", " - ", "(", ")") else token


class Speller:
    """Mends a misspelt word when one edit (two in long words) leads to a word of the rules; known words stay.

    The look-up is the symmetric delete method: https://github.com/wolfgarbe/SymSpell (one deletion on either side).
    """

    def __init__(self, targets: Iterable[str], heads: Iterable[str], known: Callable[[str], bool], typos: dict[str, str]) -> None:
        self.known, self.typos = known, typos
        self.heads = tuple(sorted(heads))  # beginnings of words that the rules accept as they are
        self.targets = frozenset(t for t in targets if t.isalpha())
        self.deletes: dict[str, list[str]] = {}
        for target in sorted(self.targets):
            if len(target) >= SHORTEST_CORRECTED:
                for form in _deletions(target):
                    self.deletes.setdefault(form, []).append(target)

    def mend(self, words: list[str]) -> list[str]:
        return [part for word in words for part in self._mend(word)]

    def _mend(self, word: str) -> list[str]:
        if word in self.typos:
            return self.typos[word].split()
        known = word in self.targets or self.known(word) or word.startswith(self.heads)
        if known or not word[0].isalnum() or word.replace(".", "").isdigit():
            return [word]
        squeezed = re.sub(r"(.)\1{2,}", r"\1", word)
        for form in (squeezed, re.sub(r"(.)\1{2,}", r"\1\1", word), word.translate(_LEET)):
            if form != word and (form in self.targets or self.known(form)):
                return [form]
        word = squeezed.translate(_LEET)
        if len(word) < SHORTEST_CORRECTED:
            return [word]
        return [self._nearest(word)] if self._nearest(word) else self._split(word)

    def _nearest(self, word: str) -> str:
        allowed = 2 if len(word) >= SHORTEST_TWO_EDITS else 1
        found = {t for form in _deletions(word) for t in self.deletes.get(form, ())}
        ranked = sorted((edits(word, t), -_shared_head(word, t), t) for t in found)
        return ranked[0][2] if ranked and ranked[0][0] <= allowed else ""

    def _split(self, word: str) -> list[str]:
        """ "chestpain" -> ["chest", "pain"], when one half is a word of the rules and the other any known word."""
        for at in range(3, len(word) - 2):
            left, right = word[:at], word[at:]
            if (left in self.targets and (right in self.targets or self.known(right))) or (
                right in self.targets and self.known(left)
            ):
                return [part for half in (left, right) for part in canonical(half).split()]
        return [word]


def _deletions(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _shared_head(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def edits(a: str, b: str) -> int:
    """Optimal string alignment distance: insert, delete, replace, swap neighbours."""
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if before and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, above = above, row
    return above[-1]
