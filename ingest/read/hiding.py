"""The ways a web page hides words from its readers, recognised one element at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@(?:media|supports|keyframes|font-face|page)[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
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
    def of(cls, tree: LexborHTMLParser) -> Hiding:
        hidden: dict[int, str] = {}
        for sheet in tree.css("style"):
            for selector, declarations in _RULE.findall(_AT_RULE.sub("", _COMMENT.sub("", sheet.text()))):
                if ":" in selector or (way := _way(_plain(declarations))) is None:
                    continue  # states such as :hover come and go
                try:
                    hidden.update(dict.fromkeys((node.mem_id for node in tree.css(selector.strip())), way))
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
