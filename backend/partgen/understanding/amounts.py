"""The words of an instruction, with its amounts: numbers, units, angles, ratios and counts, however they are written.

A grammar over words, no statistics: what a number means is not a matter of taste. An amount becomes one `Token`, whose `kind`
is what the language model sees of it. Units are those of `editing.edits`; a length without one is not guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LENGTH, ANGLE, PERCENT, FACTOR, FRACTION, TIMES, NUMBER = "length", "angle", "percent", "factor", "fraction", "times", "number"
WORD, SIGN, OTHER = "word", "sign", "other"
"""What is no amount: words in Latin letters, signs, and letters of other scripts."""
AMOUNTS = (LENGTH, ANGLE, PERCENT, FACTOR, FRACTION, TIMES, NUMBER)
KINDS = (WORD, SIGN, OTHER, *AMOUNTS)


@dataclass(frozen=True)
class Token:
    """One word or amount: `text` in lower case, from `start` to `end` in the prompt that `normal` gives.

    `value` of a length in its `unit`, of an angle in degrees, of a percentage, factor or fraction as a ratio (30 % is 0.3), of
    `times` and numbers as it stands.
    """

    text: str
    start: int
    end: int
    kind: str = WORD
    value: float = 0.0
    unit: str = ""

    @property
    def is_amount(self) -> bool:
        return self.kind in AMOUNTS


ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
SMALL = {word: number for number, word in enumerate(ONES.split())} | {"fourty": 40, "fifthteen": 15}
TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6}
GROUPS = {"dozen": 12, "dozens": 24, "couple": 2, "pair": 2, "few": 3, "score": 20}
"""Numbers with an article: a dozen, a couple of, a few."""
PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5, "fifths": 5,
    "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8, "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10,
    "twelfth": 12, "twelfths": 12, "sixteenth": 16, "sixteenths": 16, "hundredth": 100, "hundredths": 100,
}  # fmt: skip
MULTIPLES = {
    "twice": 2, "thrice": 3, "double": 2, "doubled": 2, "doubles": 2, "doubling": 2, "dubble": 2, "twofold": 2, "triple": 3,
    "tripled": 3, "tripling": 3,
    "treble": 3, "threefold": 3, "quadruple": 4, "quadrupled": 4, "fourfold": 4, "quintuple": 5, "fivefold": 5, "tenfold": 10,
    "halve": 0.5, "halved": 0.5, "halving": 0.5,
}  # fmt: skip
MISTYPED = ("twice", "double", "triple", "quadruple")
"""Of these, those that are known with a letter wrong."""
METRIC = {
    "mm": ("mm", 1.0), "millimetre": ("mm", 1.0), "millimeter": ("mm", 1.0), "mil": ("mm", 1.0), "mill": ("mm", 1.0), "milli": ("mm", 1.0),
    "cm": ("cm", 1.0), "centimetre": ("cm", 1.0), "centimeter": ("cm", 1.0), "centi": ("cm", 1.0),
    "m": ("m", 1.0), "metre": ("m", 1.0), "meter": ("m", 1.0), "mtr": ("m", 1.0), "dm": ("cm", 10.0), "decimetre": ("cm", 10.0),
    "decimeter": ("cm", 10.0),
    "km": ("km", 1.0), "kilometre": ("km", 1.0), "kilometer": ("km", 1.0),
    "µm": ("mm", 1e-3), "um": ("mm", 1e-3), "micron": ("mm", 1e-3), "micrometre": ("mm", 1e-3), "micrometer": ("mm", 1e-3),
}  # fmt: skip
IMPERIAL = {
    "in": ("in", 1.0), "inch": ("in", 1.0), "inche": ("in", 1.0), '"': ("in", 1.0), "ft": ("ft", 1.0), "foot": ("ft", 1.0),
    "feet": ("ft", 1.0), "'": ("ft", 1.0),
    "yd": ("yd", 1.0), "yard": ("yd", 1.0), "mile": ("yd", 1760.0), "thou": ("in", 1e-3),
}  # fmt: skip
SCENE = {"unit": ("", 1.0), "bu": ("", 1.0)}
LENGTHS = METRIC | IMPERIAL | SCENE
LENGTHS |= {f"{name}s": unit for name, unit in LENGTHS.items() if name.isalpha() and name not in ("feet", "in")} | {"inches": ("in", 1.0)}
DEGREES = {
    "deg": 1.0, "degs": 1.0, "degree": 1.0, "degrees": 1.0, "°": 1.0, "º": 1.0, "radian": 180 / math.pi, "radians": 180 / math.pi,
    "rad": 180 / math.pi, "rads": 180 / math.pi,
}  # fmt: skip
TURNS = {"turn", "turns", "revolution", "revolutions", "rotation", "rotations", "circle", "circles", "rev", "revs", "round", "rounds"}
WHOLE = {"full", "complete", "whole", "entire"}
TWISTS = {"twist", "twists", "spiral", "spirals", "spin", "spins", "coil", "coils"}
"""Turns too, where they are said to be full: two full twists."""
PERCENTS = {"%", "percent", "pct", "procent", "percents", "per_cent"}
MISSPELT = tuple(sorted(name for name in {*LENGTHS, *DEGREES, "percent"} if len(name) >= 6))
COMPARED = re.compile(r"[a-z]{2,}er|more|less|off|from|to|up|down|left|right|forwards?|backwards?|upwards?|in|out|outwards?|inwards?")
"""After "a foot" or "a yard" these tell that a length is meant, not a part of a bed or of a house."""
NOT_INCHES = {
    "total", "all", "a", "an", "the", "one", "two", "half", "line", "row", "circle", "ring", "each", "place", "it", "its", "this",
    "that", "between",
    "front", "grid", "series", "sequence", "succession", "pieces", "parts", "number", "every", "column", "columns", "rows", "order",
    "my", "your",
}  # fmt: skip
"""After "6 in": six in total, no inches."""

TEXT = re.compile(
    r"(?P<number>(?:\d+(?:[.,]\d+)*|\.\d+)(?:e[+-]?\d+)?)|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)|(?P<sign>[^\w\s]|_)", re.IGNORECASE
)
MINUS = re.compile(r"(?:^|(?<=[\s(=:,]))[-−–]\s?$")
SIGNS = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "′": "'",
        "“": '"',
        "”": '"',
        "″": '"',
        "„": '"',
        "×": "x",
        "μ": "µ",
        "⁄": "/",
        "−": "-",
        "º": "°",
    }
)
SIMPLE_FRACTIONS = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"}


COMPARATIVES: Mapping[str, str] = {
    "long": "longer", "wide": "wider", "broad": "broader", "thick": "thicker", "fat": "fatter", "tall": "taller",
    "high": "higher", "big": "bigger", "large": "larger", "deep": "deeper",
}  # fmt: skip


def normal(prompt: str) -> str:
    """The prompt with one way of writing signs, fractions, widths and blanks; `Token.start` and `end` count in it."""
    for sign, written in SIMPLE_FRACTIONS.items():
        prompt = re.sub(rf"(?<=\d)\s*{sign}", f" {written}", prompt).replace(sign, written)
    text = unicodedata.normalize("NFC", prompt.translate(SIGNS))
    text = "".join(unicodedata.normalize("NFKC", sign) if 0xFF00 <= ord(sign) <= 0xFFEF else sign for sign in text)
    text = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    return _without_idioms(re.sub(r"\s+", " ", text.translate(SIGNS)).strip())


def _without_idioms(text: str) -> str:
    """ "Half as long again" and "half again as long" as "longer by half": read word by word, they say something else."""

    def plainly(found: re.Match[str]) -> str:
        return f"{COMPARATIVES[found['size'].lower()]} by {found['share']}"

    share, size = r"\b(?P<share>half|(?:a|one) (?:third|quarter|fifth))", rf"(?P<size>{'|'.join(COMPARATIVES)})\b"
    for pattern in (rf"{share} as {size} again\b", rf"{share} again as {size}"):
        text = re.sub(pattern, plainly, text, flags=re.IGNORECASE)
    return text


def tokens(text: str) -> list[Token]:
    """The words and amounts of a `normal` text, in order."""
    return _Grammar(_raw(text)).read()


def _raw(text: str) -> list[Token]:
    """Words, signs and plain numbers; a hyphen inside a word parts it, and is no word itself."""
    found: list[Token] = []
    for match in TEXT.finditer(text):
        word, start, end = match[0].lower(), match.start(), match.end()
        if match.lastgroup == "number":
            value = _decimal(word)
            if MINUS.search(text[:start]) and found and found[-1].text == "-":
                start, value = found.pop().start, -value
            found.append(Token(text[start:end], start, end, NUMBER, value))
        elif match.lastgroup == "word":
            latin = all(letter == "'" or "LATIN" in unicodedata.name(letter, "") or letter in "µπ" for letter in word)
            found.append(Token(word, start, end, WORD if latin else OTHER))
        else:
            found.append(Token(word, start, end, SIGN))
    return [one for index, one in enumerate(found) if not _joins(found, index)]


def _joins(found: Sequence[Token], index: int) -> bool:
    """Whether a token is a hyphen between two words."""
    one = found[index]
    if one.text not in "-‐‑" or not 0 < index < len(found) - 1:
        return False
    return found[index - 1].end == one.start and one.end == found[index + 1].start


def _decimal(text: str) -> float:
    """A number with point or comma: 1,5 and 1.5 are alike, 1,000 is a thousand."""
    if "," in text and re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    text = text.replace(",", ".")
    if text.count(".") > 1:
        text = text.replace(".", "", text.count(".") - 1)
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


@dataclass(frozen=True)
class _Read:
    """A number that was read: its value, the place of what comes after it, and whether it is a fraction or was an article alone."""

    value: float
    after: int
    is_fraction: bool = False
    is_article: bool = False
    is_bare: bool = False
    """One word that may be no number: one, a pair."""


def _part(value: float, name: str, after: int) -> _Read:
    """So many thirds; three of them count pieces."""
    return _Read(value, after) if value == PARTS[name] else _Read(value / PARTS[name], after, is_fraction=True)


class _Grammar:
    """Reads amounts from left to right; at every place the rules are tried in order."""

    def __init__(self, raw: Sequence[Token]) -> None:
        self.raw = raw

    def read(self) -> list[Token]:
        found: list[Token] = []
        place = 0
        rules: tuple[Callable[[int], tuple[Token, int] | None], ...] = (
            self._feet_and_inches, self._ratio, self._circle_constant, self._right_angle, self._factor_of, self._multiple, self._amount,
        )  # fmt: skip
        while place < len(self.raw):
            read = next((answer for rule in rules if (answer := rule(place)) is not None), None)
            if read is None:
                found.append(self.raw[place])
                place += 1
            else:
                found.append(read[0])
                place = read[1]
        return found

    def _text(self, place: int) -> str:
        return self.raw[place].text if 0 <= place < len(self.raw) else ""

    def _kind(self, place: int) -> str:
        return self.raw[place].kind if 0 <= place < len(self.raw) else ""

    def _is_next_to(self, place: int) -> bool:
        """Whether no blank stands before a token."""
        return 0 < place < len(self.raw) and self.raw[place - 1].end == self.raw[place].start

    def _token(self, first: int, after: int, kind: str, value: float, unit: str = "") -> tuple[Token, int]:
        start, end = self.raw[first].start, self.raw[after - 1].end
        text = " ".join(one.text for one in self.raw[first:after])
        return Token(text, start, end, kind, value, unit), after

    # ---- rules -------------------------------------------------------------------------------------------------------

    def _feet_and_inches(self, place: int) -> tuple[Token, int] | None:
        """2'6", 2 ft 6 in, 6 foot 2."""
        feet = self._number(place)
        if feet is None or self._text(feet.after) not in ("'", "ft", "foot", "feet"):
            return None
        inches = self._number(feet.after + 1)
        if inches is None:
            return None
        has_sign = self._text(inches.after) in ('"', "in", "inch", "inches", "''")
        if not has_sign and self._text(feet.after) != "'":
            return None
        return self._token(place, inches.after + has_sign, LENGTH, feet.value * 12 + inches.value, "in")

    def _ratio(self, place: int) -> tuple[Token, int] | None:
        """3:1."""
        if (
            self._kind(place) != NUMBER
            or self._text(place + 1) != ":"
            or self._kind(place + 2) != NUMBER
            or not self._is_next_to(place + 2)
        ):
            return None
        first, second = self.raw[place].value, self.raw[place + 2].value
        return self._token(place, place + 3, FACTOR, first / second) if first > 0 and second > 0 else None

    def _circle_constant(self, place: int) -> tuple[Token, int] | None:
        """pi/2, 2 pi radians: the circle's number says that it is an angle."""
        number = self.raw[place].value if self._kind(place) == NUMBER else 1.0
        at = place + (self._kind(place) == NUMBER)
        if self._text(at) not in ("pi", "π"):
            return None
        at += 1
        value = number * 180
        if self._text(at) in ("/", "over") and self._kind(at + 1) == NUMBER and self.raw[at + 1].value:
            value, at = value / self.raw[at + 1].value, at + 2
        is_radians = self._text(at) in ("rad", "rads", "radian", "radians")
        return self._token(place, at + is_radians, ANGLE, value)

    def _right_angle(self, place: int) -> tuple[Token, int] | None:
        """A right angle, 90 degrees; half of one where it is said."""
        if self._text(place) == "right" and self._text(place + 1) in ("angle", "angles"):
            return self._token(place, place + 2, ANGLE, 90)
        number = self._number(place)
        if number is None or number.is_article:
            return None
        at = number.after + (self._text(number.after) == "of")
        at += self._text(at) in ("a", "an")
        if self._text(at) == "right" and self._text(at + 1) in ("angle", "angles"):
            return self._token(place, at + 2, ANGLE, 90 * number.value)
        return None

    def _factor_of(self, place: int) -> tuple[Token, int] | None:
        """A factor of 2.5, x2, times three."""
        at = place
        if self._text(at) == "factor" or (self._text(at) == "a" and self._text(at + 1) == "factor"):
            at += 1 if self._text(at) == "factor" else 2
            at += self._text(at) in ("of", ":", "=")
            number = self._number(at)
            return None if number is None else self._token(place, number.after, FACTOR, number.value)
        if self._text(at) in ("x", "*", "times") and not (self._text(at) == "times" and place == 0):
            number = self._number(at + 1)
            if number is None or (self._kind(at + 1) != NUMBER and self._text(at) != "times") or self._text(number.after) in LENGTHS:
                return None
            before = self._text(place - 1)
            if self._text(at) == "x" and self._is_axis(before, number.after):
                return None
            return self._token(place, number.after, FACTOR, number.value)
        return None

    def _is_axis(self, before: str, after: int) -> bool:
        """Whether an x is the axis: rotate x 90, around x 90."""
        turning = ("rotate", "turn", "spin", "tilt", "about", "around", "axis", "in", "along", "mirror", "revolve", "roll")
        return before in turning or self._text(after) in DEGREES

    def _multiple(self, place: int) -> tuple[Token, int] | None:
        """Twice, double, threefold, half again."""
        word = self._text(place)
        if word == "half" and self._text(place + 1) == "again":
            return self._token(place, place + 2, FACTOR, 1.5)
        if word in MULTIPLES:
            return self._token(place, place + 1, FACTOR, MULTIPLES[word])
        if len(word) >= 5 and word != "twine" and (meant := next((name for name in MISTYPED if are_near(word, name)), "")):
            return self._token(place, place + 1, FACTOR, MULTIPLES[meant])
        return None

    def _amount(self, place: int) -> tuple[Token, int] | None:
        """A number with what follows: a unit, a percent sign, times, turns; or alone."""
        number = self._number(place)
        if number is None:
            return None
        value, at = number.value, number.after
        if self._text(at) == "per" and self._text(at + 1) in ("cent", "hundred"):
            return self._token(place, at + 2, PERCENT, value / 100)
        if (answer := self._with_unit(place, number)) is not None:
            return answer
        if number.is_article or (number.is_bare and not self._has_noun_of_count(at)):
            return None
        if self._text(at) in ("times", "time", "x", "fold", "tiems", "tims") and not number.is_fraction:
            is_factor = self._text(at) in ("x", "fold")
            if not (self._text(at) == "x" and self._kind(at + 1) == NUMBER):
                return self._token(place, at + 1, FACTOR if is_factor else TIMES, value)
        return self._token(place, at, FRACTION if number.is_fraction else NUMBER, value)

    def _with_unit(self, place: int, number: _Read) -> tuple[Token, int] | None:
        value, at = number.value, number.after
        joined = at
        if number.is_fraction or self._text(at) == "of":  # half of a turn, a couple of centimetres, a quarter of an inch
            joined += self._text(at) == "of"
            joined += self._text(joined) in ("a", "an", "one")
        for unit_at in dict.fromkeys((at, joined)):
            word = self._spelled(unit_at, number)
            if word in PERCENTS:
                return self._token(place, unit_at + 1, PERCENT, value / 100)
            if word in DEGREES:
                return self._token(place, unit_at + 1, ANGLE, value * DEGREES[word])
            if (turn := self._turns(unit_at, number)) is not None:
                return self._token(place, turn, ANGLE, value * 360)
            if word in LENGTHS and self._is_length(place, unit_at, word, number):
                unit, size = LENGTHS[word]
                return self._length_and_more(place, unit_at + 1, value * size, unit)
        return None

    def _length_and_more(self, place: int, after: int, value: float, unit: str) -> tuple[Token, int]:
        """A length, with the half that may be said after its unit: a metre and a half."""
        if self._text(after) == "and":
            rest = self._number(after + 1)
            if rest is not None and rest.is_fraction and self._text(rest.after) not in ("of", "as", "the", *TURNS):
                return self._token(place, rest.after, LENGTH, value + rest.value, unit)
        return self._token(place, after, LENGTH, value, unit)

    def _spelled(self, place: int, number: _Read) -> str:
        """The word there; a unit that is misspelt is read as what it was meant to be."""
        word = self._text(place)
        if word in LENGTHS or word in DEGREES or len(word) < 5 or number.is_article:
            return word
        near = [name for name in MISSPELT if abs(len(name) - len(word)) <= 2 and are_near(word, name)]
        return min(near, key=lambda name: distance(word, name, 2), default=word)

    def _turns(self, place: int, number: _Read) -> int | None:
        """Where turns end that begin there: half turn, two full turns, 1.5 revolutions, a full circle."""
        is_whole = self._text(place) in WHOLE
        word = self._text(place + is_whole)
        if word in TURNS and (
            is_whole
            or word not in ("circle", "circles", "round", "rounds", "rotation", "turn")
            or number.is_fraction
            or not number.is_article
        ):
            return place + is_whole + 1
        return place + 2 if is_whole and word in TWISTS else None

    def _is_length(self, place: int, unit_at: int, word: str, number: _Read) -> bool:
        """Whether a word that may be a unit is one: "3 in", but not "3 in a row"; "a foot longer", but not "a foot"."""
        after = self._text(unit_at + 1)
        if word == "in":
            return not number.is_article and after not in NOT_INCHES
        if word in ('"', "'"):
            return self._is_next_to(unit_at) and self._kind(place) == NUMBER
        if number.is_article or number.is_bare:
            if word in ("m", "unit", "mil", "mill", "thou", "milli", "bu"):
                return False
            if word in ("foot", "yard", "feet", "yards") and unit_at == number.after:
                return bool(COMPARED.fullmatch(after)) or self._text(place - 1) in ("by", "about", "around", "roughly", "another", "extra")
        return True

    def _has_noun_of_count(self, after: int) -> bool:
        """Whether what follows "a pair", "one" and the like says that something is counted."""
        return self._text(after) in ("times", "time", "more", "copies", "copy", "pieces", "parts", "waves", "segments", "of")

    # ---- numbers -----------------------------------------------------------------------------------------------------

    def _number(self, place: int) -> _Read | None:
        """A number in digits or words that begins there, mixed ones with it: 2 1/2, one and a half, two thirds, a dozen."""
        whole = self._whole(place)
        if whole is None:
            return None
        rest = self._and_a_part(whole.after)
        if rest is not None and not whole.is_fraction and not whole.is_article:
            return _Read(whole.value + rest.value, rest.after)
        return whole

    def _and_a_part(self, place: int) -> _Read | None:
        """The rest of a mixed number: and a half, 1/2."""
        if self._text(place) == "and":
            rest = self._whole(place + 1)
            return rest if rest is not None and rest.is_fraction else None
        if self._kind(place) == NUMBER and self._text(place + 1) == "/":
            rest = self._whole(place)
            return rest if rest is not None and rest.is_fraction and rest.value < 1 else None
        return None

    def _whole(self, place: int) -> _Read | None:
        word = self._text(place)
        if self._kind(place) == NUMBER:
            return self._digits(place)
        if word in ("a", "an", "another"):
            return self._after_article(place)
        if word in ("minus", "negative"):
            number = self._whole(place + 1)
            return None if number is None or number.is_article else _Read(-number.value, number.after, number.is_fraction)
        if word == "half":
            after = place + 1 + (self._text(place + 1) in ("a", "an"))
            if self._text(after) == "dozen":
                return _Read(6, after + 1)
            return _Read(0.5, place + 1, is_fraction=True)
        if word == "quarter" and self._text(place + 1) in (*TURNS, *LENGTHS, "of"):
            return _Read(0.25, place + 1, is_fraction=True)
        if word in ("dozen", "several"):
            return _Read(12 if word == "dozen" else 4, place + 1)
        return self._in_words(place)

    def _digits(self, place: int) -> _Read:
        value = self.raw[place].value
        if self._text(place + 1) == "/" and self._kind(place + 2) == NUMBER and self.raw[place + 2].value:
            return _Read(value / self.raw[place + 2].value, place + 3, is_fraction=True)
        if self._text(place + 1) in PARTS and self._text(place + 1) not in ("second",) and value > 0:
            return _part(value, self._text(place + 1), place + 2)
        if self._text(place + 1) in LARGE:
            return _Read(value * LARGE[self._text(place + 1)], place + 2)
        if self._text(place + 1) == "dozen":
            return _Read(value * 12, place + 2)
        return _Read(value, place + 1)

    def _after_article(self, place: int) -> _Read | None:
        """A half, a dozen, a couple of, a hundred; "a" alone counts one before a unit."""
        word = self._text(place + 1)
        if self._text(place) == "a" and word == "one" and self._text(place + 2) in PARTS:
            return _Read(1 / PARTS[self._text(place + 2)], place + 3, is_fraction=True)
        if word == "half" and self._text(place + 2) in ("dozen",):
            return _Read(6, place + 3)
        if word in PARTS and self._text(place) != "another":
            return _Read(1 / PARTS[word], place + 2, is_fraction=True)
        if word in GROUPS:
            if self._text(place + 2) == "of":  # a couple of millimetres, a couple of copies
                return _Read(GROUPS[word], place + 3, is_bare=word in ("pair", "score"))
            return _Read(GROUPS[word], place + 2, is_bare=word in ("pair", "score", "few"))
        if word in LARGE:
            return self._in_words(place + 1)
        return _Read(1, place + 1, is_article=True)

    def _in_words(self, place: int) -> _Read | None:
        """Twenty five, one hundred and twenty, two point five, two thirds."""
        total = current = 0.0
        at, said = place, False
        while True:
            word = self._text(at)
            if word in SMALL and not (said and current % 10):
                current += SMALL[word]
            elif word in TENS and not (said and current % 100):
                current += TENS[word]
            elif word in LARGE and (said or at == place):
                current = (current or 1) * LARGE[word]
                if LARGE[word] >= 1000:
                    total, current = total + current, 0.0
            elif word == "and" and said and current >= 100 and (self._text(at + 1) in SMALL or self._text(at + 1) in TENS):
                at += 1
                continue
            else:
                break
            said, at = True, at + 1
        if not said:
            return None
        value = total + current
        if self._text(at) == "point" and self._text(at + 1) in SMALL:
            digits = ""
            at += 1
            while self._text(at) in SMALL and SMALL[self._text(at)] < 10:
                digits, at = digits + str(SMALL[self._text(at)]), at + 1
            return _Read(value + float(f"0.{digits or 0}"), at)
        if self._text(at) in PARTS and value > 0 and (value > 1 or self._text(at) != "second"):
            return _part(value, self._text(at), at + 1)
        if self._text(at) == "dozen":
            return _Read(value * 12, at + 1)
        is_one = at == place + 1 and value == 1
        return _Read(value, at, is_bare=is_one)


def are_near(word: str, other: str) -> bool:
    """Whether two words differ by a letter, two in long ones, neighbours that changed places counting as one. Damerau 1964."""
    return distance(word, other, 2 if len(other) >= 8 else 1) <= (2 if len(other) >= 8 else 1)


def distance(word: str, other: str, most: int) -> int:
    """Letters to insert, remove, replace or swap; `most` + 1 where it is more than that."""
    if abs(len(word) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(word, start=1):
        following = [place]
        for column, wanted in enumerate(other, start=1):
            cost = min(row[column] + 1, following[-1] + 1, row[column - 1] + (letter != wanted))
            if column > 1 and place > 1 and letter == other[column - 2] and word[place - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            following.append(cost)
        if min(following) > most:
            return most + 1
        before, row = row, following
    return row[-1]


GENTLE = frozenset(
    """
    bit little touch tad slightly slight somewhat hair smidge smidgen trifle marginally barely subtly subtle gently gentle mildly
    mild lightly light faint faintly softly soft soupçon fraction minimally minimal shade wee hint minor modest modestly discreet
    """.split()
)
STRONG = frozenset(
    """
    lot lots much way far significantly considerably considerable substantially massively massive hugely drastically drastic
    dramatically dramatic extremely extreme very really strongly strong heavily heavy tons loads vastly enormously severely severe
    deeply deep sharply steeply good great deal totally quite super ultra crazy insanely ridiculously pronounced exaggerated
    """.split()
)
"""Words that say how much without a number."""


def emphasis(words: Sequence[str]) -> float:
    """How strong words make an edit: 0.4 a bit, 1 where they say nothing, 1.8 a lot."""
    if any(word in GENTLE for word in words):
        return 0.4
    return 1.8 if any(word in STRONG for word in words) else 1.0
