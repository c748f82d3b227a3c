"""The ways a web page hides words from its readers, recognised one element at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from ingest.read.problems import refuse

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@(?:media|supports|keyframes|font-face|page)[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
MAX_HIDING = 2_000  # rules of a page that hide something: each is looked for among all elements
_WHITE = re.compile(
    r"(?:^|;)color:(?:#fff(?:fff)?(?:ff)?|white|transparent|rgba?\(255,255,255(?:,[\d.]+)?\)|rgba\([^)]*,0(?:\.0+)?\))(?:;|!|$)"
)
_WAYS = (
    ("display:none", re.compile(r"(?:^|;)display:none")),
    ("visibility:hidden", re.compile(r"(?:^|;)visibility:(?:hidden|collapse)")),
    ("opacity:0", re.compile(r"(?:^|;)opacity:0(?:\.0+)?%?(?:;|!|$)")),
    ("a letter size of nothing", re.compile(r"(?:^|;)font-size:(?:0|0?\.\d+|1)(?:px|pt|em|rem|%)?(?:;|!|$)")),
    ("being moved off the page", re.compile(r"(?:^|;)(?:text-indent|left|top|margin-left):-\d{3,}")),
    ("being cut away", re.compile(r"(?:^|;)clip:rect\((?:0(?:px)?|1px)[, ]|(?:^|;)clip-path:inset\((?:50|100)%")),
)
_BACKGROUND = re.compile(r"(?:^|;)background(?:-color|-image)?:(?!none|transparent|#fff(?:fff)?(?:;|$)|white)")


@dataclass(frozen=True, slots=True)
class Hiding:
    """What the page's own style sheets hide; `how` also reads the element's own attributes."""

    by_sheet: dict[int, str]  # element -> how

    @classmethod
    def of(cls, tree: LexborHTMLParser, name: str) -> Hiding:
        """Raises DocumentError for a page with more such rules than could be followed."""
        hidden: dict[int, str] = {}
        rules = [rule for sheet in tree.css("style") for rule in _hiding_rules(sheet.text())]
        if len(rules) > MAX_HIDING:
            words = f"The page's styles hide text by {len(rules):,} rules."
            refuse("too-complex", name, words, "Save the page without its styles, or as .docx.")
        for selector, way in rules:
            try:
                hidden.update(dict.fromkeys((node.mem_id for node in tree.css(selector)), way))
            except (SelectolaxError, ValueError):
                continue  # a selector that this parser does not know hides nothing here
        return cls(hidden)

    def how(self, node: LexborNode) -> str | None:
        """In words, how this very element hides its text; None when it does not."""
        attributes = node.attributes
        if "hidden" in attributes:
            return "the hidden attribute"
        style = _plain(attributes.get("style") or "")
        if way := self.by_sheet.get(node.mem_id) or _way(style):
            return way
        colour = _plain(attributes.get("color") or "")
        if (_WHITE.search(style) or colour in ("#ffffff", "#fff", "white")) and not _on_colour(node):
            return "white letters on white"
        return None


def _hiding_rules(sheet: str) -> Iterator[tuple[str, str]]:
    """(selector, how) of the rules that hide; states such as :hover come and go."""
    for rule in _AT_RULE.sub("", _COMMENT.sub("", sheet)).split("}"):
        before, _, declarations = rule.rpartition("{")
        way = _way(_plain(declarations))
        if way is None:
            continue
        for selector in dict.fromkeys(one.strip() for one in before.rpartition("{")[2].split(",")):
            if selector and ":" not in selector:
                yield selector, way


def _plain(style: str) -> str:
    return "".join(style.lower().split())


def _way(style: str) -> str | None:
    return next((way for way, pattern in _WAYS if pattern.search(style)), None)


def _on_colour(node: LexborNode | None) -> bool:
    """Whether the element or one around it has a background of its own, on which white letters show."""
    while node is not None:
        if (
            node.attributes.get("bgcolor")
            or _BACKGROUND.search(_plain(node.attributes.get("style") or ""))
            or node.attributes.get("class")
        ):
            return True  # a class may bring a background from a sheet elsewhere
        node = node.parent
    return False
