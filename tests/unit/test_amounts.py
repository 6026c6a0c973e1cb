"""Amounts in instructions: however they are written, they mean the same."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from partgen.understanding.amounts import AMOUNTS, distance, emphasis, normal, tokens


def amounts(prompt):
    return [(one.kind, pytest.approx(one.value, rel=1e-3), one.unit) for one in tokens(normal(prompt)) if one.is_amount]


LENGTHS = {
    "5cm": (5, "cm"), "5 cm": (5, "cm"), "5 centimetres": (5, "cm"), "five centimeters": (5, "cm"), "1,5 m": (1.5, "m"),
    "1.5m": (1.5, "m"), "1,000 mm": (1000, "mm"),
    '5"': (5, "in"),
    "2'6\"": (30, "in"), "2 ft 6 in": (30, "in"), "6 feet": (6, "ft"), "3-inch": (3, "in"), "half an inch": (0.5, "in"),
    "½ inch": (0.5, "in"), "1 1/2 inches": (1.5, "in"),
    "a quarter of an inch": (0.25, "in"), "a couple of centimetres": (2, "cm"), "one and a half metres": (1.5, "m"),
    "a metre and a half": (1.5, "m"), "10 milimeters": (10, "mm"), "a few mm": (3, "mm"),
    "half a foot": (0.5, "ft"), "a foot longer": (1, "ft"), "２ cm": (2, "cm"), "twenty five mm": (25, "mm"),
    "two point five cm": (2.5, "cm"), "0.25m": (0.25, "m"), "3 yards": (3, "yd"), "7 units": (7, ""),
}  # fmt: skip


@pytest.mark.parametrize("prompt", LENGTHS)
def test_lengths_are_read_however_they_are_written(prompt):
    value, unit = LENGTHS[prompt]
    assert amounts(prompt) == [("length", value, unit)]


ANGLES = {
    "30 degrees": 30, "30°": 30, "30 °": 30, "30deg": 30, "ninety degrees": 90, "45 degres": 45, "-15 degrees": -15,
    "minus 5 degrees": -5, "a quarter turn": 90, "half a turn": 180, "a half turn": 180, "one full turn": 360,
    "two full turns": 720, "1.5 turns": 540, "a third of a turn": 120, "a one-eighth turn": 45, "a right angle": 90, "pi/2 radians": 90,
    "1 radian": math.degrees(1), "a full circle": 360, "one hundred and twenty degrees": 120,
}  # fmt: skip


@pytest.mark.parametrize("prompt", ANGLES)
def test_angles_come_in_degrees_and_turns(prompt):
    assert amounts(prompt) == [("angle", ANGLES[prompt], "")]


RATIOS = {
    "30%": ("percent", 0.3), "thirty per cent": ("percent", 0.3), "a third": ("fraction", 1 / 3), "two thirds": ("fraction", 2 / 3),
    "1/3": ("fraction", 1 / 3), "three quarters": ("fraction", 0.75), "half": ("fraction", 0.5),
    "twice": ("factor", 2), "double": ("factor", 2), "2x": ("factor", 2), "x2": ("factor", 2), "×2": ("factor", 2),
    "a factor of 2.5": ("factor", 2.5), "threefold": ("factor", 3), "half again": ("factor", 1.5), "3:1": ("factor", 3),
    "three times": ("times", 3), "ten times": ("times", 10), "a dozen": ("number", 12), "half a dozen": ("number", 6),
    "two halves": ("number", 2), "12": ("number", 12),
}  # fmt: skip


@pytest.mark.parametrize("prompt", RATIOS)
def test_ratios_and_counts_are_told_apart(prompt):
    kind, value = RATIOS[prompt]
    assert amounts(prompt) == [(kind, value, "")]


@pytest.mark.parametrize(
    "prompt",
    ["the third wheel", "the left one", "a ball foot", "a foot", "a pair of wheels", "in a row", "once upon a time", "the second leg"],
)
def test_words_that_are_no_amounts_stay_words(prompt):
    assert amounts(prompt) == []


def test_in_is_an_inch_only_where_it_can_be_one():
    assert amounts("extend 3 in") == [("length", 3, "in")]
    assert amounts("6 in total") == [("number", 6, "")]
    assert amounts("make 4 in a row") == [("number", 4, "")]


def test_several_amounts_in_one_sentence_stay_apart():
    assert amounts("10 cm longer, 2 inches wider and bent by 30°") == [("length", 10, "cm"), ("length", 2, "in"), ("angle", 30, "")]


@given(st.text(max_size=60))
def test_any_text_is_read_and_every_token_lies_in_it(text):
    prompt = normal(text)
    places = [(one.start, one.end) for one in tokens(prompt)]
    assert all(0 <= start < end <= len(prompt) for start, end in places)
    assert all(before[1] <= after[0] for before, after in pairwise(places))


@given(st.floats(0.01, 9999).map(lambda value: round(value, 2)), st.sampled_from(["mm", "cm", "m", "in", "ft"]))
def test_a_length_means_the_same_with_and_without_a_blank(value, unit):
    assert amounts(f"{value}{unit}") == amounts(f"{value} {unit}") == [("length", value, unit)]


def test_emphasis_makes_gentle_and_strong():
    assert emphasis(["slightly"]) < emphasis([]) == 1 < emphasis(["a", "lot"])


def test_swapped_letters_are_one_mistake():
    assert distance("twsit", "twist", 2) == 1
    assert distance("bend", "mirror", 2) == 3
    assert len(AMOUNTS) == 7


def test_half_as_long_again_is_longer_by_half() -> None:
    assert normal("make it half as long again, please") == "make it longer by half, please"
    assert normal("A third again as thick") == "thicker by A third"
    assert normal("half as long") == "half as long"
