"""Words of captions: articles and counts."""

from __future__ import annotations

import re

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_SMALL_NUMBER = re.compile(r"\b(\d|1[0-2])\b")
_ARTICLE = re.compile(r"\b([Aa])n?(?= (\w+))")
_VOWEL = re.compile(r"(?!one|uni|use|eu)[aeiou]|hour|honest", re.IGNORECASE)


def with_articles(text: str) -> str:
    """The text with single spaces and every "a" and "an" as the word after it wants it: "a oak chair" -> "an oak chair"."""
    return _ARTICLE.sub(lambda found: found[1] + ("n" if _VOWEL.match(found[2]) else ""), " ".join(text.split()))


def sentence(text: str) -> str:
    """A caption as one writes it: articles set right, and small numbers in words: "a arm of 4 links" -> "an arm of four links"."""
    return with_articles(_SMALL_NUMBER.sub(lambda found: NUMBERS[int(found[1])], text))


def counted(count: int, word: str, plural: str = "") -> str:
    """A number of things as one says it: "no legs", "one leg", "four legs", "14 legs"."""
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    return f"{number} {word if count == 1 else plural or word + 's'}"
