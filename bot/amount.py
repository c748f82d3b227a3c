"""A question that asks for an amount ("how many days") is answered only by a sentence that states one of its kind.

The expected type of an answer (Li and Roth, COLING 2002), for the type that most near misses are made of: "stop blood thinners
as your doctor says" is about the right thing and does not say how many days before. English; decisions/0012.
"""

from __future__ import annotations

import re

_FEELING = r"(?:hurts?|pain|painful|discomfort|sore|soreness)"
_NUMBERS = (
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|third|quarter|dozen|hundred|thousand|once|twice|"
    r"single|several|few|couple|none|never|always|permanent\w*|lifelong)\b"
)
_LONG = r"weeks?|months?|years?|permanent\w*|lifelong|forever|never|always"
_TIMES = (
    rf"\b(?:seconds?|minutes?|hours?|days?|nights?|overnight|midnight|mornings?|evenings?|{_LONG}|immediately|"
    r"right away|straight away|at once|o'clock|[ap]\.?m)\b"
)
_MONEY = r"[$£€%]|\b(?:dollars?|percent|free|costs?|price|charge)\b"
_OFTEN = (
    rf"{_NUMBERS}|%|\b(?:rare\w*|(?:un)?common\w*|(?:un)?usual\w*|(?:in)?frequent\w*|occasional\w*|sometimes|often|seldom|"
    r"(?:un)?likely|most|mostly|many|majority|minority|every\w*|each|daily|weekly|monthly|yearly|regular\w*|exceptional\w*|"
    r"(?:small|tiny|low|slight|high)(?:er)? (?:risk|chance|number))\b"
)
# What is asked -> what only can answer it; the first that fits counts.
_KINDS = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(stated, re.IGNORECASE))
    for asked, stated in (
        (r"\bhow (?:long|soon|late|early)\b|\b(?:what|which) (?:day|date|time)\b", _TIMES),
        (r"\bhow many (?:more )?(?:months?|years?)\b", rf"\b(?:{_LONG})\b"),
        (r"\bhow many (?:more )?weeks?\b", rf"\b(?:days?|{_LONG})\b"),
        (r"\bhow many (?:more )?(?:days?|nights?|hours?|hrs|minutes?|mins)\b", _TIMES),
        (r"\bhow much\b.*\b(?:pay|cost|charge|price|bill|medicare|insurance|money|out of pocket)\b", _MONEY),
        (rf"\bhow (?:many|old|heavy|high|hot)\b|\bhow much\b(?!.*\b{_FEELING}\b)", _NUMBERS),
        (r"\b(?:what|which) (?:percent|percentage|proportion|share|number|age|dose)\b", _NUMBERS),
        (r"\bhow (?:likely|often|common|rare)\b|\b(?:chances?|odds|likelihood) of\b", _OFTEN),
    )
)
UNSTATED = 0.5  # how sure a reading without the amount may be: the refusal then names the section that comes nearest


def asks_amount(question: str) -> bool:
    return any(asked.search(question) for asked, _ in _KINDS)


def states_amount(question: str, sentence: str) -> bool:
    """Whether a sentence holds an amount of the kind that the question asks for; True when it asks for none."""
    return next((stated.search(sentence) is not None for asked, stated in _KINDS if asked.search(question)), True)
