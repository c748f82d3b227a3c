"""A message that only greets, thanks or asks who is there: nothing that a page could answer."""

from __future__ import annotations

import re

_A = r"(?:an? |the )?(?:real |actual |live )?"
_WHO = r"(?:robot|bot|chatbot|human|person|machine|computer|ai|real|nurse|doctor)"
_TURNS_OF_SPEECH = (  # the longer before the shorter
    r"good (?:morning|afternoon|evening|night|day|one|to know)",
    r"have a (?:nice|good|great|lovely) (?:day|one|evening|weekend|night)",
    r"(?:many |much )?(?:thanks|thank (?:you|u|ya)|thankyou)(?: (?:so|very) much| a lot| a bunch| a million| again"
    r"| for (?:that|this|everything|(?:all )?(?:the|your) (?:help|info|information|answers?|time|reply)|(?:helping|answering)(?: me)?))?",
    r"(?:i )?(?:really )?appreciate (?:it|that|this|your help)|much appreciated",
    r"(?:i )?got (?:it|you)|gotcha|i see|makes sense|(?:that |this )?(?:helps|helped)(?: a lot)?",
    r"(?:that is|thats|this is|it is|its|was) (?:very |so |really )?(?:great|helpful|good|all|it|useful|nice|perfect)",
    r"see (?:you|ya)(?: later| soon| then)?|take care|nice to (?:meet|talk to) you|pleased to meet you|god bless(?: you)?",
    r"how (?:are|r) (?:you|u|things|we)(?: doing)?(?: today)?|hows it going|whats (?:up|new)|what is up|how do you do",
    r"(?:is )?(?:anybody|anyone|somebody|someone) (?:there|here|home)|(?:are )?(?:you|u) (?:still )?there",
    rf"(?:are|r) (?:you|u|this) {_A}{_WHO}(?: or {_A}{_WHO})?",
    rf"(?:am i|is this) (?:talking to |speaking to |chatting with )?{_A}{_WHO}(?: or {_A}{_WHO})?",
    r"(?:who|what) (?:are|r) (?:you|u)|who is this|whos this|(?:whats|what is) your name",
    r"(?:what|how) can (?:you|u) (?:do|help|answer|tell me)(?: me)?(?: with)?",
    r"(?:i (?:just )?(?:have|had|got)|can i ask|could i ask|may i ask)(?: you)? (?:a|one|another|some|a few|a couple of|one more)"
    r"(?: quick)? questions?(?: for you)?",
    r"quick question|(?:can|may|could) i ask (?:you )?(?:something|anything)",
    r"(?:hi|hello|hey|hiya|howdy|heya|yo|hullo|greetings|gm|sup|morning|evening|afternoon|ty|thx|tks|cheers|ta|bye|goodbye|cya|lol|haha|wow)(?: there)?",
    r"(?:ok|okay|okey|k|cool|great|nice|perfect|awesome|wonderful|brilliant|excellent|lovely|fine|alright|understood|noted|hmm|um|uh|oh|ah)",
)
_AROUND = r"(?:and|but|so|well|please|yes|yep|yeah|no|nope|doctor|doc|dr|nurse|sir|madam|maam|miss|everyone|guys|folks|team|friend|dear|bot)"
# Atomic: what was read is not read again in another way, so that a long message costs no more than its length.
_SAID = rf"(?>(?:{'|'.join(_TURNS_OF_SPEECH)})(?:\W+|$))"
_ONLY = re.compile(rf"(?>{_AROUND}\W+)*+{_SAID}(?>{_SAID}|{_AROUND}(?:\W+|$))*+", re.IGNORECASE)  # "nurse?" alone asks


def courtesy(message: str) -> bool:
    """Whether nothing is asked of a page: "good evening doctor", "ok thanks, bye", "?!". `message` is normalised."""
    plain = re.sub(r"['’]", "", message).strip()
    words = re.sub(r"^\W+", "", plain)
    return bool(plain) and (not words or _ONLY.fullmatch(words) is not None)
