"""Single instructions, drawn from the thesaurus: words with what they stand for, and the edit that they mean.

What is drawn is marked text (`phrases`); `Clause` holds it with the edit's `op`, `axis` and `direction`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from . import words
from .phrases import SENSES, Sense

Random = np.random.Generator
T = TypeVar("T")

ALTERNATIVES = re.compile(r"\(([^()\[\]]*)\)")
OPTION = re.compile(r"\[([^()\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Clause:
    """Marked text and the edit of its head; `op` is "" where it means none."""

    marked: str
    op: str = ""
    axis: str = ""
    direction: str = ""

    @property
    def meaning(self) -> tuple[str, str]:
        """What must not be said twice in a sentence."""
        return self.op, self.axis


def pick(random: Random, options: Sequence[T]) -> T:
    """One of several."""
    return options[int(random.integers(len(options)))]


def chance(random: Random, share: float) -> bool:
    return bool(random.random() < share)


def expand(pattern: str, random: Random) -> str:
    """One way of reading a pattern: alternatives chosen, options left out or not, slots filled."""
    while True:
        if "[" in pattern or "(" in pattern:
            replaced = OPTION.sub(lambda found: pick(random, found[1].split("|")) if random.random() < 0.4 else "", pattern)
            replaced = ALTERNATIVES.sub(lambda found: pick(random, found[1].split("|")), replaced)
            if replaced != pattern:
                pattern = replaced
                continue
        if "{" not in pattern:
            return pattern
        pattern = SLOT.sub(lambda found: SLOTS[found[1]](random), pattern)


# ---- what is spoken of -----------------------------------------------------------------------------------------------


def part(random: Random) -> str:
    """A part's name: leg, front wheel, handle of the door."""
    roll = random.random()
    if roll < 0.62:
        return pick(random, words.NOUNS)
    if roll < 0.74:
        return pick(random, words.COMPOUND_NOUNS)
    if roll < 0.9:
        return f"{pick(random, words.PLACES)} {pick(random, words.NOUNS)}"
    return f"{pick(random, words.NOUNS)} of the {pick(random, words.NOUNS)}"


def it(random: Random) -> str:
    """What is edited, as one speaks of it."""
    roll = random.random()
    if roll < 0.5:
        return "it"
    if roll < 0.63:
        return pick(random, ("this", "that", "this part", "the part", "the selected part", "the whole thing", "the object", "the piece", "the shape", "this thing", "the thing", "them", "these", "this piece", "this one", "everything", "the whole part", "the selection", "that part", "the mesh", "the model"))  # fmt: skip
    if roll < 0.92:
        return (
            f"{pick(random, ('the', 'the', 'the', 'this', 'that', 'its', 'my', 'these', 'both', 'our', 'each', 'all the'))} {part(random)}"
        )
    return f"the {pick(random, words.NOUNS)}'s {pick(random, words.NOUNS)}"


# ---- amounts ---------------------------------------------------------------------------------------------------------

UNITS = """mm|cm|m|in|ft|inches|inch|feet|foot|millimetres|millimeters|centimetres|centimeters|metres|meters|metre|meter|centimetre|cms|yards|units|km""".split(
    "|"
)
UNIT_SHARE = np.array([5, 9, 5, 2, 2, 4, 3, 2, 1, 2, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0.6, 1.5, 0.3])
UNIT_SHARE /= UNIT_SHARE.sum()
NUMBER_WORDS = "two three four five six seven eight nine ten twelve fifteen twenty thirty forty fifty".split()


def number(random: Random) -> str:
    """A number: 5, 2.5, three."""
    roll = random.random()
    if roll < 0.55:
        return str(int(random.integers(1, 30)))
    if roll < 0.7:
        return f"{random.random() * 10:.1f}"
    if roll < 0.78:
        return f"0.{int(random.integers(1, 99)):02}"
    if roll < 0.84:
        return str(int(random.integers(1, 40)) * 10)
    return pick(random, NUMBER_WORDS)


def length(random: Random) -> str:
    """A length with its unit."""
    roll = random.random()
    if roll < 0.1:
        return pick(random, ("half a centimetre", "half a metre", "half an inch", "a quarter of an inch", "a couple of centimetres", "a few millimetres", "an inch", "a centimetre", "a metre", "half a foot", "one and a half metres", "two and a half cm", "1/4 inch", "1/2 in", "3/4 inch", "1 1/2 inches", "a couple of mm", "6'", '5"', "2'6\"", "one inch", "a few cm", "a millimetre", "a couple of inches", "a few inches")[:23])  # fmt: skip
    unit = UNITS[int(random.choice(len(UNITS), p=UNIT_SHARE))]
    value = number(random)
    return f"{value}{'' if value[0].isdigit() and chance(random, 0.35) else ' '}{unit}"


def angle(random: Random) -> str:
    """An angle, with its unit or as a turn."""
    roll = random.random()
    if roll < 0.2:
        return pick(random, ("a quarter turn", "half a turn", "a half turn", "two full turns", "a full turn", "1.5 turns", "three turns", "one turn", "a right angle", "a third of a turn", "an eighth of a turn", "three quarters of a turn", "a full circle", "pi/2", "one and a half turns", "2 revolutions", "a quarter of a turn", "a full rotation"))  # fmt: skip
    value = pick(random, ("5", "10", "12", "15", "20", "25", "30", "35", "40", "45", "50", "60", "70", "75", "80", "90", "100", "120", "135", "150", "180", "270", "360", "720", "-15", "-30", "-45", "-90", "7.5", "22.5", "ninety", "thirty", "forty five", "sixty", "ten", "twenty", "five", "fifteen"))  # fmt: skip
    return value + pick(random, (" degrees", " degrees", " deg", "°", "°", " °", " degree", "deg", "", " degs", " radians"))


def count(random: Random) -> str:
    """A number of pieces from 2 on."""
    roll = random.random()
    if roll < 0.5:
        return str(int(random.integers(2, 30)))
    if roll < 0.9:
        return pick(random, NUMBER_WORDS)
    return pick(random, ("a dozen", "half a dozen", "a couple of", "a few", "several", "24", "100", "a hundred", "fifty", "a pair of"))


def percent(random: Random) -> str:
    value = pick(
        random,
        (
            "5",
            "10",
            "12",
            "15",
            "20",
            "25",
            "30",
            "33",
            "40",
            "50",
            "60",
            "70",
            "75",
            "80",
            "90",
            "100",
            "150",
            "200",
            "ten",
            "twenty",
            "fifty",
        ),
    )
    return value + pick(random, ("%", "%", " %", " percent", " per cent", " pct"))


def fraction(random: Random) -> str:
    return pick(
        random,
        (
            "a third",
            "a quarter",
            "half",
            "one third",
            "a fifth",
            "two thirds",
            "three quarters",
            "a tenth",
            "1/3",
            "1/2",
            "3/4",
            "a half",
            "an eighth",
            "one quarter",
            "two fifths",
            "1/4",
            "one fifth",
            "2/3",
        ),
    )


def share(random: Random) -> str:
    """A part of something: 30 %, a third."""
    return percent(random) if chance(random, 0.6) else fraction(random)


def factor(random: Random) -> str:
    return pick(
        random,
        (
            "twice",
            "double",
            "three times",
            "2x",
            "two times",
            "four times",
            "thrice",
            "1.5 times",
            "2.5 times",
            "five times",
            "ten times",
            "3x",
            "half",
            "one and a half times",
            "1.5x",
            "a third",
            "two thirds",
            "three quarters",
            "6 times",
            "triple",
            "80%",
            "120%",
            "150 %",
            "half",
            "200 percent",
        ),
    )


def multiple(random: Random) -> str:
    """What stands before a dimension: double the length."""
    return pick(random, ("double", "triple", "quadruple", "halve", "twice", "treble", "half", "doubling", "quintuple", "3x", "2x"))


SLOTS: dict[str, Callable[[Random], str]] = {
    "it": it, "part": part, "length": length, "angle": angle, "count": count, "percent": percent, "fraction": fraction, "share": share,
    "factor": factor, "multiple": multiple, "number": number,
    "size": lambda random: pick(random, ("length", "width", "height", "thickness", "diameter", "size")),
    "primitive": lambda random: pick(random, words.PRIMITIVES),
    "around": lambda random: pick(random, ("about", "around", "roughly", "approximately", "some", "exactly", "precisely", "maybe", "at least", "say", "like", "something like", "almost", "nearly", "just", "only", "another", "an extra", "no more than", "approx.", "~", "circa", "perhaps")),
}  # fmt: skip

# ---- scaling ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dimension:
    """Words for one measure of a part: comparatives, adjectives, verbs, in both directions, and its names."""

    axis: str
    more: Sequence[str]
    less: Sequence[str]
    much: Sequence[str]
    little: Sequence[str]
    grow: Sequence[str]
    shrink: Sequence[str]
    names: Sequence[str]


def _dimension(axis: str, *lists: str) -> Dimension:
    return Dimension(axis, *(tuple(one.strip() for one in text.split(";") if one.strip()) for text in lists))


DIMENSIONS = (
    _dimension(
        "length", "^longer; ^lengthier; more ^elongated; more ^extended; more ^stretched; more ^prolonged; ^longer; ^longer; ^longer lengthwise; more ^drawn out; more ^outstretched; ^longer from end to end",
        "^shorter; ^shorter; ^shorter; more ^stubby; ^stubbier; more ^truncated; more ^curtailed; less ^long; less ^elongated; not so ^long; not as ^long; ^stumpier; ^shorter in length; more ^compact lengthwise",
        "^long; ^lengthy; ^elongated; ^stretched; ^extended; ^long-drawn; ^outstretched", "^short; ^stubby; ^stumpy; ^truncated; ^shortened; ^cropped; ^abbreviated",
        "^lengthen; ^elongate; ^extend; ^stretch; ^prolong; ^stretch out; ^draw out; ^protract; ^extrude; ^pull out lengthwise; ^stretch lengthwise; ^extend outwards; make it ^reach further with",
        "^shorten; ^truncate; ^trim; ^crop; ^clip; ^dock; ^cut short; ^lop; ^curtail; ^abbreviate; ^cut back; ^trim down; ^prune; ^foreshorten; ^contract lengthwise; ^take in lengthwise", "^length; ^length; ^length; ^reach; ^extent; overall ^length; total ^length; ^long side",
    ),
    _dimension(
        "width", "^wider; ^wider; ^wider; ^broader; more ^spacious across; ^wider across; more ^spread out; ^roomier across; more ^expansive sideways; ^broader across", "^narrower; ^narrower; ^narrower; less ^wide; not so ^wide; less ^broad; not as ^wide; more ^narrow; ^tighter across; not as ^broad",
        "^wide; ^broad; ^wide; ^wide-set", "^narrow; ^narrow; ^narrowed", "^widen; ^broaden; ^stretch sideways; ^spread sideways; ^expand sideways; ^widen out; ^extend sideways; ^stretch widthwise", "^narrow; ^narrow down; ^squeeze sideways; ^take in at the sides; ^pinch the width of; ^slim sideways; ^constrict the width of", "^width; ^width; ^breadth; ^wideness; overall ^width; ^span",
    ),
    _dimension(
        "thickness", "^thicker; ^thicker; ^thicker; ^fatter; ^chunkier; ^bulkier; ^stouter; ^sturdier; ^beefier; ^stockier; ^heftier; more ^massive; more ^solid and thick; ^meatier; more ^robust; more ^substantial; ^plumper in diameter; ^deeper; ^burlier; ^stronger; ^chubbier; more ^stout; ^bolder; ^brawnier; more ^heavyset; more ^muscular; ^huskier; ^heavier; more ^solid",
        "^thinner; ^thinner; ^thinner; ^slimmer; ^skinnier; ^slenderer; more ^slender; more ^slim; ^leaner; more ^delicate; less ^thick; less ^fat; not so ^thick; less ^bulky; less ^chunky; not so ^fat; not as ^thick; finer; ^daintier; ^lankier; more ^spindly; more ^svelte; less ^stout; less ^massive; ^shallower; less ^heavy; less ^hefty; more ^fragile; more ^filigree; less ^clumsy; less ^deep; ^wispier; ^trimmer".replace("finer", "^finer"),
        "^thick; ^fat; ^chunky; ^bulky; ^stout; ^massive; ^sturdy; ^beefy; ^hefty; ^chubby; ^stocky; ^robust; ^burly; ^heavy", "^thin; ^slim; ^slender; ^skinny; ^spindly; ^delicate; ^lean; ^slight; ^svelte; ^scrawny; ^lanky; ^dainty; ^wafer-thin; ^paper-thin; ^thin as a pencil; ^flimsy; ^weedy; ^fragile",
        "^thicken; ^fatten; ^beef up; ^bulk up; ^fatten up; ^thicken up; ^build up; ^strengthen; ^reinforce; ^bulk out", "^thin; ^thin down; ^slim; ^slim down; ^thin out; ^slenderize; ^whittle down; ^shave down; ^pare down; ^skinny down; ^slenderise; ^lean down; ^fine down", "^thickness; ^thickness; ^girth; ^diameter; ^depth; ^thickness; ^calibre; ^cross section; ^stoutness; ^gauge",
    ),
    _dimension(
        "height", "^taller; ^taller; ^taller; ^higher in size; more ^towering; ^higher; more ^lofty; ^taller overall; ^loftier; more ^upright and tall", "^shorter in height; less ^tall; not so ^tall; not as ^tall; ^lower in height; ^squatter; more ^squat; less ^high; not so ^high; ^low-slung; less ^towering",
        "^tall; ^high; ^towering; ^lofty; ^sky-high", "^squat; ^low in height; ^low-rise", "^heighten; ^stretch upwards; ^raise the height of; ^grow upwards; ^extend upward; ^stretch vertically; ^extend vertically; ^elongate vertically; ^pull upwards in height", "^lower the height of; ^reduce the height of; ^compress vertically; ^cut the height of; ^scale down vertically; ^bring down the height of; ^shrink vertically", "^height; ^height; ^tallness; overall ^height; total ^height; ^elevation",
    ),
    _dimension(
        "all", "^bigger; ^bigger; ^larger; ^larger; ^bigger overall; ^bigger all round; ^larger in every direction; more ^huge; ^huger; ^greater; more ^gigantic; more ^enormous; more ^oversized; ^bigger in size; ^roomier; more ^colossal; ^grander; more ^giant; less ^small; less ^tiny; not so ^small; ^larger in size; less ^little",
        "^smaller; ^smaller; ^tinier; ^littler; less ^big; less ^large; not so ^big; not so ^large; not as ^big; more ^compact; more ^miniature; ^smaller overall; more ^petite; ^teenier; less ^huge; ^smaller in size; more ^dinky; less ^oversized; less ^gigantic",
        "^big; ^large; ^huge; ^enormous; ^giant; ^gigantic; ^oversized; ^massive in size; ^colossal; ^humongous; ^immense; ^jumbo; ^supersized; ^extra large; ^XXL; ^monstrous; ^vast; ^mammoth; ^king-size; ^ginormous", "^small; ^tiny; ^little; ^miniature; ^mini; ^minuscule; ^petite; ^compact; ^teeny; ^wee; ^micro; ^dwarf; ^itty-bitty; ^undersized; ^pocket-sized; ^puny; ^dinky; ^teeny-tiny; ^pint-sized; ^bite-sized",
        "^enlarge; ^scale up; ^grow; ^magnify; ^upscale; ^expand; ^blow up the size of; ^increase; ^upsize; ^supersize; ^size up; ^boost; ^amplify; ^super-size; ^make a bigger version of; ^augment; ^expand evenly; ^scale; ^resize; ^zoom up", "^shrink; ^scale down; ^reduce; ^downsize; ^downscale; ^minimize; ^miniaturize; ^contract; ^diminish; ^size down; ^minimise; ^miniaturise; ^shrink down; ^decrease; ^dwarf; ^cut down; ^lessen; ^make a smaller version of; ^scale back",
        "^size; ^size; ^scale; ^volume; ^dimensions; overall ^size; ^proportions; ^bulk",
    ),
)  # fmt: skip
INCREASE = "increase|raise|extend|up|boost|grow|enlarge|expand|bump up|push up|crank up|augment|step up".split("|")
DECREASE = "reduce|decrease|cut|shrink|lower|trim|lessen|diminish|bring down|cut down|drop|scale back|take down|shorten".split("|")


def scale(random: Random) -> Clause:
    """One way of asking for another size along one axis or all."""
    dimension = DIMENSIONS[int(random.choice(5, p=(0.25, 0.2, 0.22, 0.14, 0.19)))]
    is_more = chance(random, 0.55)
    direction = "up" if is_more else "down"
    compared = pick(random, dimension.more if is_more else dimension.less)
    adjective = pick(random, dimension.much if is_more else dimension.little)
    opposite = pick(random, dimension.little if is_more else dimension.much)
    verb = pick(random, dimension.grow if is_more else dimension.shrink)
    name = pick(random, dimension.names)
    size_verb = pick(random, INCREASE if is_more else DECREASE)
    plain = pick(random, dimension.much)  # "twice as thick": the measure, not a direction
    style = pick(random, STYLES)

    def said(pattern: str, toward: str = direction) -> Clause:
        filled = pattern.format(
            compared=compared, adjective=adjective, opposite=opposite, verb=verb, name=name, plain=plain, change=size_verb
        )
        marked = expand(filled.replace("<<", "{").replace(">>", "}"), random)
        return Clause(framed(marked, style, random), "scale", dimension.axis, toward)

    if style in ("be", "be", "have"):
        roll = random.random()
        if roll < 0.45:
            return said("{compared}")
        if roll < 0.57:
            return said("<by:<<length>>> {compared}") if compared.startswith("^") else said("{compared} by <by:<<length>>>")
        if roll < 0.7:
            return said("<by:<<share>>> {compared}") if compared.startswith("^") else said("{compared} by <by:<<share>>>")
        if roll < 0.76 and compared.startswith("^"):
            return said("<to:(two times|three times|2x|ten times|5 times|1.5 times|twice|four times|3x|2.5 times)> {compared}")
        if roll < 0.82:
            return said("{compared} by ([<<around>>] <by:<<length>>>|<by:<<share>>>|<to:a factor of <<number>>>)")
        if roll < 0.9:
            return said("<to:<<factor>>> as {plain} [as (it is|it is now|now|before|it was|this|the others)]", "")
        if roll < 0.95:
            return said("[<<around>>] <to:<<length>>> {plain}", "")
        return said("{adjective}")
    if style == "do":
        roll = random.random()
        if roll < 0.25:
            return said("{verb} <<it>> [more]")
        if roll < 0.33:
            return said(
                "{verb} <<it>> by [<<around>>] (<by:<<length>>>|<by:<<length>>>|<by:<<share>>>|<to:a factor of <<number>>>|<to:(2|3|4|1.5|10) times>)"
            )
        if roll < 0.4:
            return said(
                "{verb} <<it>> to [<<around>>] (<to:<<length>>>|<to:<<share>> [of (its|the) [current|original] (size|^size)]>)".replace(
                    "|^size", ""
                )
            )
        if roll < 0.46:
            return said("(set|change|adjust|fix|make|put|bring) (the|its) {name} [of <<it>>] (to|at|be) [<<around>>] <to:<<length>>>", "")
        if roll < 0.5:
            return said(
                "(set|change|adjust|scale|bring|put) (the|its) {name} [of <<it>>] to (<to:<<share>>> [of (the original|what it was|what it is now|its current value)]|<to:<<factor>>> (what it is|the original|what it was))",
                "",
            )
        if roll < 0.6:
            return said(
                "{change} (the|its) {name} [of <<it>>] [by [<<around>>] (<by:<<length>>>|<by:<<share>>>|<to:a factor of <<number>>>)]"
            )
        if roll < 0.64:
            return said("{change} (the|its) {name} [of <<it>>] to [<<around>>] (<to:<<length>>>|<to:<<share>>>)")
        if roll < 0.7:
            return said(
                "(<to:<<multiple>>> (the|its) {name} [of <<it>>]|(make|have|give) <<it>> <to:(double|twice|half|three times|triple)> (the|its) {name}|<to:(double|triple|halve|quadruple)> <<it>> in {name})",
                "",
            )
        if roll < 0.78 and is_more:
            return said("add [<<around>>] (<by:<<length>>>|<by:<<share>>>) (to|in|of) [the|its] {name} [of <<it>>]", "up")
        if roll < 0.78:
            return said(
                "(take|cut|remove|trim|knock|shave|subtract|chop|saw) [<<around>>] (<by:<<length>>>|<by:<<share>>>) (off|from|off of) [the|its] {name} [of <<it>>]",
                "down",
            )
        if roll < 0.84:
            return said("(bring|take|get) <<it>> " + ("up" if is_more else "down") + " to [<<around>>] <to:<<length>>> in {name}")
        if roll < 0.9:
            return said("make <<it>> {compared}")
        return said("make <<it>> [<<around>>] <to:<<length>>> {plain}", "")
    roll = random.random()
    if roll < 0.09:  # a complaint and its remedy are one edit
        complaint = (
            "(<<it>> (is|looks|feels|seems)|this (is|looks)|it's|they look|they are) [way|far|much|a bit|really|] [too] "
            + unmarked(opposite)
        )
        remedy = "(make (it|them) {compared}|could (it|they) be {compared}|can we (make|have) it {compared}|it should be {compared}|I'd like it {compared}|please make it {compared}|{verb} it|so {verb} it|can we get it to <<around>> <to:<<length>>> in {name}|bring it to <to:<<length>>> in {name}|{compared} please)"
        return said(f"{complaint}(, |; |. |, so |: | - ){remedy}")
    if roll < 0.22:
        return said(
            "[it is|it's|<<it>> is|this looks|that is|<<it>> looks|they are|<<it>> seems|<<it>> feels] [a bit|way|much|far|rather|a little] too {opposite} [for (me|my taste|a <<part>>|this <<part>>)]"
        )
    if roll < 0.32:
        return said("(<<it>> is not|it isn't|<<it>> isn't|not|they aren't|it's not|this isn't) {adjective} enough")
    if roll < 0.42:
        return said(
            "(<<around>> <to:<<length>>> {plain}|<to:<<length>>> {plain}|<to:<<length>>> in {name}|{name} <to:<<length>>>|{name}: <to:<<length>>>|{name} = <to:<<length>>>|{name} of <to:<<length>>>)",
            "",
        )
    if roll < 0.52:
        return said(
            "(<to:<<share>>> of (its|the) [current|original|present] {name}|{name} (<to:x <<number>>>|<to:* <<number>>>|times <to:<<number>>>|by <to:a factor of <<number>>>|<to:<<share>>>)|<to:<<factor>>> (its|the) [current|original] {name}|<to:<<multiple>>> {name}|<to:<<factor>>> as {plain})",
            "",
        )
    if roll < 0.6:
        sign = "(+|plus|more|add)" if is_more else "(-|minus|less)"
        return said(
            f"({{name}} {sign} (<by:<<length>>>|<by:<<share>>>)|(<by:<<length>>>|<by:<<share>>>) "
            + ("more" if is_more else "less")
            + " [in] {name})"
        )
    if roll < 0.68:
        return said(("more {name}" if is_more else "less {name}") + " [please]")
    if roll < 0.76:
        return said("a <to:<<length>>> {plain} <<part>>", "")
    if roll < 0.86:
        return said("(a|an|the) {adjective} <<part>>")
    if roll < 0.94:
        return said("[<<around>>] (<by:<<length>>>|<by:<<share>>>) {compared}")
    return said("{verb}")


def scale_bare(random: Random) -> Clause:
    """A ratio alone, which is of the whole size: double it, 2x, half size."""
    marked = expand(
        pick(random, (
            "^<to:{multiple}> {it} [in size]", "make {it} ^<to:(twice|double|half|triple|three times|two times|10 times|2x|3x)> (the size|its size|as big|as large|as small|its current size|the current size|what it is)",
            "^scale {it} (by|to|up by|down to) <to:{factor}>", "^scale {it} (by|to) <to:{number}>", "^scale {it} to <to:{percent}>", "^<to:(half|twice|double|2x|3x|quarter|triple)> size", "^resize {it} to <to:{percent}>",
            "[at] ^<to:{percent}> (size|scale|of its size|of the original size)", "^scale: <to:{number}>", "^<to:(double|triple|quadruple|2x|3x)>", "^scale <to:{number}>", "^scale {it} (by|with) <to:a factor of {number}>", "^<to:{fraction}> (of its size|the size|its size)", "^scale <to:{percent}>",
        )), random,
    )  # fmt: skip
    return Clause(marked, "scale", "all", "")


# ---- copies, replacements, materials ---------------------------------------------------------------------------------

COPIES = "copies|instances|duplicates|clones|of them|of these|of those|of it|pieces|items|of this|of this part|repetitions|repeats"


def repeat(random: Random) -> Clause:
    """Copies in a row, in a ring, or just so many."""
    roll = random.random()
    along = "along"
    line = "(in a (row|line|straight line|series|column|stack|queue|file)|in line|side by side|next to each other|one after (the other|another)|along (its|the) (length|axis|width|x axis|y axis|side)|along a line|lined up|stacked [on top of each other]|one above the other|end to end|one behind the other|in single file|in a linear array|along the (edge|wall|table|beam|street|path|x axis)|lengthwise|evenly spaced along it|on top of each other)"
    ring = "(in a (circle|ring|radial pattern|circular pattern|wreath|star pattern)|around (the|its|a) (axis|centre|center|hub|middle|body|rim|pole|trunk|axle|table)|around|all around|all the way around|round in a circle|around it|in a polar array|radially|in the round|in a circular array|around the outside|like spokes|around a circle|like petals|on a circle|arranged in a circle|around the z axis|like the hours on a clock)"
    if roll < 0.33:
        axis, where = along, line
    elif roll < 0.66:
        axis, where = "around", ring
    else:
        axis, where = "", ""
    what = f"({COPIES}|{part(random)}s)"
    times = "<to:(two|three|four|five|six|3|4|5|6|8|10|12|20|ten|7|9) times>"
    general = [
        f"^(repeat|duplicate|copy|clone|replicate|array|multiply|reproduce|tile|iterate|echo|proliferate) {{it}} {where}", f"^(repeat|duplicate|copy|clone|replicate|reproduce|multiply|array) {{it}} {times} {where}", f"^(repeat|duplicate|copy|clone) {where} {times}",
        f"make <to:{{count}}> ^({COPIES}) {where}", f"make <to:{{count}}> ^(copies|instances|duplicates|clones) [of {{it}}] {where}", f"(I (need|want|would like)|give me|create|there should be|put|place|set|have|let's have|we need|I'd like) <to:{{count}}> ^{what} {where}", f"<to:{{count}}> ^{what} {where}",
        f"^array {{it}} {where} <to:{times}>".replace("<to:<to:", "<to:").replace(">>", ">"), f"an ^array of <to:{{count}}> {where}", f"^(arrange|line up|place|distribute|lay out|set up|put|space|array|spread) <to:{{count}}> ({COPIES}|{part(random)}s) {where or '(evenly|next to each other)'}",
        f"^(repeat|duplicate|copy|array|clone) {{it}} {where}[,] <to:{{count}}> (in total|altogether|total|in all|of them|copies|pieces)", f"^(repeat|duplicate|clone|copy) {{it}} so that there are <to:{{count}}> {where}", f"(turn|make) {{it}} into <to:{{count}}> ^(of them|copies|pieces like it|{part(random)}s) {where}",
        f"add <by:{{count}}> more ^(of them|of these|copies|like this|of the same|{part(random)}s) {where}", f"<by:{{count}}> more ^(of them|of these|copies|like this|like it|please) {where}", f"^(repeat|copies|array|count|duplicate)[:] <to:{{count}}> {where}", f"^(repeat|array|duplicate) <to:x{{number}}> {where}",
        f"a ^series of <to:{{count}}> {where}", f"^multiply {{it}} by <to:{{number}}> {where}", f"a ^set of <to:{{count}}> {where}", f"^duplicates {where}", f"^duplicate {where}", f"^copies {where}", f"have it ^(repeat|repeated) <to:{times}> {where}".replace("<to:<to:", "<to:").replace(">>", ">"), f"^repeated {where}",
        f"let it ^repeat {where}", f"^(duplicated|repeated|copied|cloned|arrayed|multiplied) {times} {where}", f"there should be <to:{{count}}> ^(of these|of them|of it|{part(random)}s) {where}", f"<to:{{count}}> ^(times|of these|of them|copies) {where}".replace("(times|", "("),
        f"^(repeat|duplicate|array|copy) {{it}} {where} with (a spacing|a gap|a distance|spacing) of <by:{{length}}>", f"^(repeat|array) {{it}} every <by:{{length}}> {where}",
    ]  # fmt: skip
    special = {
        along: ["a ^(row|line|stack|column|series|queue|rank|file|linear array|chain) of <to:{count}> [of (these|them|it)|{part}s]", "(make|build|form|create) a ^(row|line|stack|column|chain|linear array) of <to:{count}>", "^(line up|stack) <to:{count}> of (them|these)", "<to:{count}> ^in a (row|line|stack|column)", "^line {it} up <to:{count} times>",
                "^(row|line|stack) of <to:{count}>", "^stack {it} <to:(two|three|four|5|6) times>", "^linear array[,] <to:{count}>", "a ^(row|line|stack) [of them|of these|of {part}s]", "^stack <to:{count}> on top of each other", "^string <to:{count}> of them together", "^stack {it}"],
        "around": ["a ^(ring|circle|wreath|circular array|radial array|crown) of <to:{count}> [of (these|them|it)|{part}s]", "(make|form|create) a ^(ring|circle|circular pattern|radial array) of <to:{count}>", "<to:{count}> ^(around|in a ring|in a circle)", "^(polar|radial|circular) array [of|with|,] <to:{count}>", "^(ring|circle) of <to:{count}>", "^circular pattern [with <to:{count}>]", "^array around the (axis|centre|center|hub)",
                   "a ^(ring|circle) of them", "^(surround|encircle) the (hub|body|centre|pole) with <to:{count}> of (them|these|it)", "^distribute <to:{count}> around the (hub|axis|circle|centre)", "^radial pattern[,] <to:{count}>"],
        "": ["^(repeat|duplicate|copy|clone|array|replicate)", "make (a ^copy|another ^one|a second ^one|a ^duplicate|more ^of them|several ^copies|^copies) [of {it}]", "another ^one", "a second ^one", "(add|give me|I want|put) (another ^one|one ^more|a ^copy|a second ^one|a ^twin|another ^{part}) [next to it|beside it|next to {it}]", "one ^more", "^array modifier", "a ^pattern of <to:{count}>", "^clone {it} once"],
    }  # fmt: skip
    pattern = pick(random, special[axis]) if chance(random, 0.35) else pick(random, general)
    return Clause(polite(expand(pattern, random), random, 0.3), "repeat", axis, "")


def target(random: Random, is_plain: bool) -> str:
    """What replaces a part; a plain one can stand alone, for it is no part that is there."""
    roll = random.random() * (0.6 if is_plain and random.random() < 0.8 else 1)
    if is_plain and roll >= 0.6:
        roll = 0.95
    if roll < 0.6:
        return expand(
            "[(simple|plain|small|large|perfect|regular|basic|smooth|flat|long|low|tall|round|little|big|solid|proper|nice|standard|normal)] {primitive}",
            random,
        )
    if roll < 0.9:
        place = pick(random, [*words.PLACES, "other", "other", "next", "neighbouring", "opposite", "second"])
        return expand(
            f"({place} {{part}}|{place} (one)|{{part}} of the {place} {{part}}|{{part}} from the (other|left|right|front) {{part}}|{{part}} on the (left|right|back|front|other side)|other {{part}}|{{part}}|{{part}} (next to it|beside it|above|below|opposite|over there))",
            random,
        )
    return expand(
        "({part} with (three|four|five|six|eight|round|square|two|pointed|long) (spokes|legs|sides|holes|arms|steps|teeth|petals|corners|ends)|(ball|claw|bun|square|round|tapered|pointed|twisted|flat|gabled|domed) (foot|feet|leg|roof|knob|handle|top|base))",
        random,
    )


ALONE = re.compile(r"^(\{?\w* ?(or 'a'\})? ?)?\^<|^with |^I \(want|^\^\(as\|like|\} as ")
"""Patterns that name a thing and nothing else: of a part that is there they would say nothing."""


def replace(random: Random) -> Clause:
    """A primitive, or another part, in place of this one."""
    is_plain = chance(random, 0.5)
    thing = f"<with:{target(random, is_plain)}>"
    article = pick(random, ("a", "a", "an", "the", "that", "one of the", "my", "some", ""))
    patterns: tuple[str, ...] = (
        f"^(replace|swap|exchange|substitute|switch|trade|change) {{it}} (with|for|by|to) {article} {thing}", f"^(swap|switch|change) {{it}} out for {article} {thing}", f"^turn {{it}} into {article} {thing}", f"^(change|convert|transform|morph|reshape|remake|make|remodel|rebuild|mould|form|shape|sculpt|transmute|lathe|carve) {{it}} into {article} {thing}",
        f"make {{it}} {article or 'a'} ^{thing}", f"{article or 'a'} ^{thing} instead [of (this|it|that|{{it}})]", f"^use {article} {thing} (instead|here|in its place|for {{it}}|instead of this|for this)", f"^(put|place|insert|use|have|give me|I want|I'd like|show) {article} {thing} (there|here|in its place|instead|in place of (it|this))",
        f"^like the {thing}", f"make {{it}} ^like the {thing}", f"make {{it}} look ^(exactly like|just like|like|the same as) the {thing}", f"the ^same (as|shape as) the {thing}", f"^(copy|use|take|borrow|clone|reuse|adopt|match) the (shape|form|look|design|geometry) of the {thing}", f"^match {{it}} to the {thing}", f"^match the {thing}",
        f"{{it}} should (be|become) {article or 'a'} ^{thing}", f"{{it}} should (look|be) ^(like|the same as|identical to) the {thing}", f"it (should|must|could|has to) be {article or 'a'} ^{thing}", f"I (want|need|would like|would prefer|'d rather have|prefer) {article or 'a'} ^{thing} [here|there|instead|in its place]", f"^{thing} instead", f"^replace with {article} {thing}", f"^swap (for|with|in) {article} {thing}",
        f"^substitute {article} {thing}", f"^substitute {article} {thing} for {{it}}", f"^replace by {article} {thing}", f"{article or 'a'} ^{thing} [please]", f"{{it}} becomes {article or 'a'} ^{thing}", f"^(exchange|swap) {{it}} and use {article} {thing}", f"^(as|like) {article or 'a'} {thing}", f"^become {article or 'a'} {thing}", f"instead of {{it}}, [I want|use|put] {article or 'a'} ^{thing}",
        f"^give {{it}} the shape of {article or 'a'} {thing}", f"^trade {{it}} for {article} {thing}", f"with {article or 'a'} ^{thing}", f"^swap in {article} {thing}", f"^sub in {article} {thing}", f"{{it}} as {article or 'a'} ^{thing}", f"get rid of {{it}} and ^put {article} {thing} there", f"^shape {{it}} like {article or 'a'} {thing}", f"^{thing}-shaped".replace(">-", "> "), f"^replacement: {thing}",
    )  # fmt: skip
    if not is_plain:
        patterns = tuple(one for one in patterns if ALONE.search(one) is None)
    pattern = pick(random, patterns)
    return Clause(polite(expand(pattern, random), random, 0.3), "replace", "", "")


def color(random: Random) -> str:
    name = pick(random, words.COLORS)
    return f"{pick(random, words.SHADES)} {name}" if chance(random, 0.25) else name


def material(random: Random) -> Clause:
    """Any of a substance, a colour and a finish."""
    finish = pick(random, words.FINISHES)
    finish = pick(random, tuple(words.COMPARED_FINISHES)) if chance(random, 0.05) else finish
    name = pick(random, words.MATERIALS) if chance(random, 0.9) else pick(random, tuple(words.ADJECTIVAL))
    adjectival = pick(random, tuple(words.ADJECTIVAL)) if chance(random, 0.7) else name
    name, adjectival, tint = f"<name:{name}>", f"<name:{adjectival}>", f"<color:{color(random)}>"
    degree = pick(random, ("", "", "", "", "a bit ", "slightly ", "very ", "heavily ", "really ", "nice ", "some "))
    looked = f"{degree}<finish:{finish}>"
    if chance(random, 0.15):
        looked += f"{pick(random, (', ', ' and ', ' '))}<finish:{pick(random, words.FINISHES)}>"
    stuff = pick(
        random,
        (name, name, f"{tint} {name}", f"{looked} {name}", f"{looked} {name}", f"{looked} {tint} {name}", f"{tint}, {looked} {name}"),
    )
    looks = pick(random, (looked, tint, tint, f"{looked} {tint}", f"{tint} and {looked}", f"{looked} and {tint}", f"{tint}, {looked}"))
    any_of = pick(random, (stuff, stuff, looks))
    if chance(random, 0.15):
        return Clause(
            pick(
                random,
                (
                    name,
                    name,
                    adjectival if adjectival.startswith("<") else name,
                    tint,
                    looked,
                    any_of,
                    f"make {{it}} {name}".replace("{it}", it(random)),
                    f"make {it(random)} {tint}",
                    f"{tint} {name}",
                    f"{looked} {name}",
                ),
            ),
            "material",
        )
    attribute = pick(random, (f"{looked} {adjectival}", adjectival, f"{tint} {adjectival}", looks, looks, f"{looked} {tint} {adjectival}"))
    pattern = pick(random, (
        any_of, any_of, any_of, f"make {{it}} {any_of}", f"make {{it}} {any_of}", f"make {{it}} {attribute}", f"make {{it}} [out] of {stuff}", f"made [out] of {stuff}", f"{{it}} [is|should be] made of {stuff}", f"in {stuff}", f"in {tint}", f"out of {stuff}", f"(a|an|the) {attribute} {{part}}", f"(a|an) {attribute} {{part}}",
        f"(paint|color|colour|dye|tint|spray|stain|spray-paint|repaint|recolor|recolour) {{it}} [in|a] {tint}", f"(paint|color|colour|spray|lacquer) {{it}} {looked} {tint}", f"give {{it}} (a|an) {looks} (finish|look|coat|colour|color|paint job|surface|appearance|sheen|coating|texture|shine|glaze|lacquer|skin)", f"(a|an) {looks} (finish|look|coat|paint|surface|sheen|coating|appearance|glow|effect|colour|color)",
        f"give {{it}} (a|an) {stuff} (look|finish|texture|coating|skin|surface|feel|material|appearance)", f"(a|an) {stuff} (look|finish|texture|coating|surface|feel|material)", f"(cover|coat|wrap|clad|plate|line|upholster|overlay|dress|sheathe|cast|carve|build|forge|render|do) {{it}} (in|with|from|out of) {stuff}", f"material: {any_of}", f"(colour|color): {tint}", f"finish: {looked}", f"(change|set|switch|turn) the (colour|color) to {tint}",
        f"(change|set|switch) the (material|texture|surface) to {stuff}", f"(change|set) {{it}} to {any_of}", f"use {stuff} [for {{it}}]", f"I want {{it}} (in|to be|to look like|made of) {stuff}", f"I('d| would) like {{it}} to be {any_of}", f"turn {{it}} {tint}", f"turn {{it}} (into|to) {stuff}", f"{{it}} should be {any_of}", f"{{it}} should look {looks}", f"make {{it}} look {looks}", f"make {{it}} look like {stuff}",
        f"(looks|look) like {stuff}", f"as if {{it}} (were|was) made of {stuff}", f"like {stuff}", f"{any_of} please", f"more {looked}", f"make {{it}} more {looked}", f"{tint} all over", f"{stuff} with (a|an) {looks} (finish|sheen|coating|look|surface|glaze)", f"{stuff}, {looked}", f"{name} in {tint}", f"{name}, {tint}", f"{tint} {{it}}", f"with (a|an) {looks} finish", f"(assign|apply) (a|the|some) {stuff} [material|texture|shader] [to {{it}}]", f"{stuff} (material|texture|shader|version)",
        f"{any_of}, [I think|thanks|that's all]", f"it (needs|should have|wants) (a|an) {looks} (finish|coat|look)", f"{tint} with (a|an) {looked} finish", f"can it be {any_of}?", f"could {{it}} be {any_of}?", f"{{it}} in {any_of}", f"the {{part}} (in|of|from) {stuff}", f"what about {any_of}?", f"how about {any_of}?", f"let {{it}} be {any_of}", f"let {{it}} (shine|look|appear) {looked}", f"switch to {any_of}", f"try {any_of}", f"{{it}}: {any_of}",
        f"looks like it (is|was|has been) (painted|dyed|coated) {tint}", f"as {looked} as possible", f"surface like {stuff}", f"replace the material (with|by) {stuff}", f"change the material, {any_of}", f"{{it}} must be {any_of}", f"a {{part}} made of {stuff}", f"a {{part}} in {any_of}", f"same shape but in {any_of}", f"same shape, but {any_of}", f"do it in {stuff}", f"put some {tint} paint on {{it}}", f"make everything {tint}",
    ))  # fmt: skip
    if chance(random, 0.12):
        pattern = pick(random, (
            "(polish|varnish|lacquer|wax|gild|oil|burnish|rust|tarnish|frost|chrome|galvanize|anodize|weather|age|glaze|bleach|char|scorch|stain|scratch|scuff|buff) {it}", "let {it} (rust|shine|glow|gleam|sparkle|glitter|corrode|shimmer|tarnish)", "make {it} (shine|glow|gleam|sparkle|glitter|rust|shimmer)", "add (rust|scratches|patina|gloss|shine|dirt|dust|glitter|sparkle|wear|grime|moss)",
            "(give|add) {it} (a patina|a shine|some rust|some gloss|a mirror finish|a glow|some dirt|some wear)", "(more|less) (shine|gloss|rust|reflection|transparency|glow|dirt)", "{it} should (shine|glow|gleam|sparkle|glitter|rust)",
        ))  # fmt: skip
        marked = expand(pattern, random)
        verb = re.search(
            r"\b(polish|varnish|lacquer|wax|gild|oil|burnish|rust|tarnish|frost|chrome|galvanize|anodize|weather|age|glaze|bleach|char|scorch|stain|scratch|scuff|buff|shine|glow|gleam|sparkle|glitter|corrode|shimmer|scratches|patina|gloss|dirt|dust|wear|grime|moss|mirror|reflection|transparency)\b",
            marked,
        )
        if verb:
            marked = f"{marked[: verb.start()]}<finish:{verb[0]}>{marked[verb.end() :]}"
        return Clause(polite(marked, random, 0.3), "material")
    return Clause(polite(expand(pattern, random), random, 0.25), "material")


# ---- operations of the thesaurus -------------------------------------------------------------------------------------

DEGREES = ("slightly", "a bit", "a little", "a little bit", "a touch", "a tad", "somewhat", "gently", "subtly", "marginally", "very slightly", "ever so slightly", "a lot", "much", "strongly", "heavily", "considerably", "significantly", "really", "very", "a great deal", "way", "far", "quite a bit", "just a bit", "just a hair", "extremely", "drastically", "a good deal", "noticeably", "rather", "quite", "even", "a smidge")  # fmt: skip
AFTER = {
    "angle": "by [{around}] <to:{angle}>; by <to:{angle}>; <to:{angle}>; <to:{angle}>; at <to:{angle}>; to <to:{angle}>; through <to:{angle}>; [{around}] <to:{angle}>; , {around} <to:{angle}>; : <to:{angle}>; (<to:{angle}>); with an angle of <to:{angle}>; at an angle of <to:{angle}>; = <to:{angle}>; <to:{angle}> or so; <to:{angle}> clockwise; <to:{angle}> counterclockwise; by <to:{angle}> around (x|y|z|its axis|the z axis)",
    "taper": "to <to:{share}> [of its (size|width|thickness|diameter)] [at the (end|tip|top)]; by <by:{share}>; to <to:half> [its width]; down to <to:{share}>; with a factor of <to:{number}>; to <to:{share}> at the (tip|top|end); by <to:a factor of {number}>; with the (tip|end|top) at <to:{share}>",
    "flare": "to <to:{factor}> its (width|size|diameter) [at the (end|rim|top)]; by <by:{share}>; by <to:a factor of {number}>; to <to:{factor}>; to <to:(twice|double|three times|1.5 times)> (the|its) (width|size|diameter); <by:{share}> wider at the (end|rim|bottom|top); <to:{factor}> as wide",
    "length": "by [{around}] <to:{length}>; by <to:{length}>; <to:{length}>; [{around}] <to:{length}>; , {around} <to:{length}>; : <to:{length}>; of <to:{length}>; with <to:{length}>; to <to:{length}>",
    "hollow": "with a wall [thickness] of [{around}] <to:{length}>; with <to:{length}> [thick] walls; with walls of <to:{length}>; with walls <to:{length}> thick; , walls <to:{length}> [thick]; to a wall [thickness] of <to:{length}>; leaving <to:{length}>; leaving [a] <to:{length}> (wall|walls|of wall|shell|skin); to <to:{length}>; <to:{length}>; , wall thickness <to:{length}>; , <to:{length}> wall; with a shell of <to:{length}>; , <to:{length}> thick; with a <to:{length}> (wall|shell|skin|rim); at <to:{length}>; keeping <to:{length}> of wall; , wall <to:{length}>",
    "bevel": "by <to:{length}>; with a radius of <to:{length}>; <to:{length}>; with a <to:{length}> radius; of <to:{length}>; with <to:{length}>; to a radius of <to:{length}>; at <to:{length}>; , radius <to:{length}>; , <to:{length}> wide; , <to:{length}>; : <to:{length}>; width <to:{length}>; about <to:{length}>; r <to:{length}>",
    "waves": "with <to:{count}> (waves|periods|ripples|cycles|peaks|crests); with an amplitude of <to:{length}>; <to:{length}> (high|deep|tall); <to:{count}> times; , <to:{count}> waves; with <to:{length}> amplitude; with <to:{count}> bends; amplitude <to:{length}>; , <to:{length}> amplitude",
    "bumps": "<to:{length}> high; with a height of <to:{length}>; by <to:{length}>; , <to:{length}> (high|deep|tall); with an amplitude of <to:{length}>; of [{around}] <to:{length}>; up to <to:{length}> (high|deep)",
    "facet": "with <to:{count}> (faces|facets|sides|polygons|planes|triangles|flat sides); into <to:{count}> (faces|facets|polygons|triangles|planes); to <to:{count}> (faces|polygons|triangles|polys); of <to:{count}> (faces|facets|polygons); , <to:{count}> faces; using [only] <to:{count}> (faces|polygons|triangles); , {around} <to:{count}> (faces|facets|triangles)",
    "split": "into <to:{count}> [equal|separate|even|identical|equally long] (pieces|parts|segments|slices|sections|chunks|bits|strips|portions|lengths|blocks); in <to:{count}>; into <to:{count}>; in <to:{count}> (pieces|parts|segments|slices|sections); into <to:{count}>; to <to:{count}> (pieces|parts); , <to:{count}> pieces; so there are <to:{count}> (pieces|parts)",
}  # fmt: skip
AFTER_LISTS = {name: tuple(one.strip() for one in text.split(";")) for name, text in AFTER.items()}
BEFORE = {
    "angle": ("a <to:{angle}> ^{head}",), "length": ("a <to:{length}> ^{head}",), "waves": ("<to:{count}> ^(waves|ripples|undulations|corrugations|ridges|wiggles|flutes|pleats|zigzags|scallops)",), "bumps": ("<to:{count}> ^(bumps|lumps|dents|dimples|warts|knobs|nodules|craters)",),
    "facet": ("<to:{count}> ^(facets|flat faces|planes|facets|polygons)",), "split": ("<to:{count}> [separate|equal] ^(pieces|parts|segments|slices|sections|halves)",), "bevel": ("a <to:{length}> ^(bevel|chamfer|fillet|radius|edge radius|round)",), "hollow": ("^walls of <to:{length}>", "<to:{length}> [thick] ^walls", "a ^wall thickness of <to:{length}>", "a <to:{length}> ^(wall|shell)"),
}  # fmt: skip
HOLLOW_SAYINGS = ("^wall thickness <to:{length}>", "^wall [thickness] of <to:{length}>", "^walls <to:{length}> thick", "<to:{length}> ^walls", "<to:{length}> thick ^walls", "^wall: <to:{length}>", "^shell <to:{length}>", "^shell thickness <to:{length}>", "^solidify <to:{length}>", "a ^shell of <to:{length}>", "a ^(pipe|tube|shell) with <to:{length}> walls", "the ^walls should be <to:{length}> thick", "make the ^walls <to:{length}> thick", "leave a ^wall of <to:{length}>", "a ^(tube|pipe|shell|vessel|skin) <to:{length}> thick", "turn {it} into a ^(tube|pipe|shell) with walls of <to:{length}>", "only a ^(wall|skin|shell) of <to:{length}> should remain")  # fmt: skip
MEASURED = {"bend": "angle", "twist": "angle", "shear": "angle", "tilt": "angle", "rotate": "angle", "taper": "taper", "flare": "flare", "inflate": "length", "bevel": "bevel", "hollow": "hollow",
            "waves": "waves", "bumps": "bumps", "facet": "facet", "split": "split", "move": "length"}  # fmt: skip
MEASURED_SHARE = {
    "rotate": 0.55,
    "move": 0.5,
    "split": 0.6,
    "tilt": 0.45,
    "bend": 0.35,
    "twist": 0.35,
    "shear": 0.35,
    "hollow": 0.3,
    "bevel": 0.25,
}
ANGLE_NOUNS = {
    "bend": "bend|curve|arch|arc|kink|elbow",
    "twist": "twist|spiral|torsion|turn of twist",
    "shear": "shear|skew|slant",
    "tilt": "tilt|lean|incline|slope|inclination",
    "rotate": "rotation|turn|spin",
}
STYLES = ("do", "do", "do", "be", "be", "be", "be", "say", "say", "have")


TOWARDS = {
    "up": ("up", "higher", "upwards", "further up", "higher up"), "down": ("down", "lower", "downwards", "further down"), "left": ("left", "to the left", "leftwards", "further left"), "right": ("right", "to the right", "further right"),
    "forward": ("forward", "forwards", "to the front", "further forward"), "back": ("back", "backwards", "to the back", "further back"), "out": ("out", "outwards", "away", "further out", "further away"), "in": ("in", "inwards", "closer", "nearer", "further in"),
}  # fmt: skip


def of_sense(sense: Sense, random: Random) -> Clause:
    """One way of saying a sense of the thesaurus, with an amount or without."""
    forms = [
        name
        for name, share_ in (("do", 0.36), ("be", 0.24), ("have", 0.13), ("like", 0.11), ("say", 0.16))
        if sense.forms[name]
        for _ in range(int(share_ * 100))
    ]
    form = pick(random, forms)
    pattern = pick(random, sense.forms[form])
    measured = MEASURED.get(sense.op, "")
    wants = (
        bool(measured)
        and chance(random, MEASURED_SHARE.get(sense.op, 0.22))
        and form != "like"
        and not (sense.op in ("taper", "inflate", "straighten") and sense.direction == "down")
    )
    if sense.op == "hollow" and chance(random, 0.12):
        return Clause(polite(expand(pick(random, HOLLOW_SAYINGS), random), random, 0.2), "hollow")
    if wants and measured in BEFORE and chance(random, 0.3) and not sense.direction:
        nouns = ANGLE_NOUNS.get(sense.op, "bulge|swelling|shift|move|offset")
        pattern = pick(random, BEFORE[measured]).replace("{head}", f"({nouns})")
        return Clause(framed(expand(pattern, random), "have", random), sense.op, sense.axis, sense.direction)
    if sense.op == "move" and wants and sense.direction and chance(random, 0.45):
        where = pick(random, TOWARDS[sense.direction])
        verb = pick(random, ("move", "shift", "push", "pull", "nudge", "slide", "bring", "put", "translate", "set", "place"))
        marked = expand(
            pick(
                random,
                (
                    f"^{verb} {{it}} [{{around}}] <to:{{length}}> {where}",
                    f"[{{around}}] <to:{{length}}> ^{where}",
                    f"{{it}} should (be|sit|go|come) <to:{{length}}> ^{where}",
                    f"^{verb} {{it}} {where}, {{around}} <to:{{length}}>",
                ),
            ),
            random,
        )
        return Clause(polite(marked, random, 0.3), sense.op, sense.axis, sense.direction)
    if sense.op == "rotate" and chance(random, 0.06):
        turn = pick(
            random,
            (
                "a quarter turn",
                "half a turn",
                "a half turn",
                "a full turn",
                "one turn",
                "three quarters of a turn",
                "an eighth of a turn",
                "a third of a turn",
                "two full turns",
                "a quarter turn clockwise",
            ),
        )
        return Clause(polite(f"^<to:{turn}>", random, 0.1), "rotate")
    marked = expand(pattern, random)
    if wants:
        joint = expand(pick(random, AFTER_LISTS[measured]), random)
        marked = f"{marked}{'' if joint[0] in ',:' else ' '}{joint}"
    elif chance(random, 0.2) and form in ("do", "be"):
        degree = pick(random, DEGREES)
        marked = f"{degree} {marked}" if form == "be" or chance(random, 0.25) else f"{marked} {degree}"
    return Clause(framed(marked, form, random), sense.op, sense.axis, sense.direction)


BE = (
    "{X}", "{X}", "{X}", "make {it} {X}", "make {it} {X}", "make {it} {X}", "make {it} look {X}", "{it} should be {X}", "{it} needs to be {X}", "{it} must be {X}", "I want {it} {X}", "I want {it} to be {X}", "I'd like {it} {X}", "I'd like {it} to be {X}", "I would like {it} to be {X}", "get {it} {X}", "could {it} be {X}?",
    "can {it} be {X}", "could you make {it} {X}?", "can you make {it} {X}", "can u make {it} {X} pls", "please make {it} {X}", "{X} please", "{X} {part}", "a {X} {part}", "a {X} {part}", "the {part} {X}", "{it} would look better {X}", "I'd prefer {it} {X}", "have {it} {X}", "something {X}", "a version that is {X}", "I wish {it} were {X}",
    "I think {it} should be {X}", "{it} has to be {X}", "let {it} be {X}", "let's make {it} {X}", "it could be {X}, honestly", "{it} ought to be {X}", "a {part} that is {X}", "a {part}, {X}", "{it} is better {X}", "make sure {it} is {X}", "turn {it} into something {X}", "{it} would be nicer if it were {X}", "I'd be happier if {it} were {X}", "try {it} {X}",
    "{it} wants to be {X}", "give me a {X} {part}", "I need a {X} {part}", "I need {it} {X}", "I need {it} to be {X}", "we want {it} {X}", "it'd be great if {it} could be {X}", "would it be possible to make {it} {X}?", "what if {it} were {X}?", "how about a {X} {part}?", "go {X}", "{X} version", "render it {X}", "model {it} {X}", "make it so that {it} is {X}", "{X} would be better", "{X}!", "{it}: {X}", "{it}, {X}", "please, {X}", "{it} {X}",
)  # fmt: skip
DO = (
    "{X}", "{X}", "{X}", "{X}", "{X}", "please {X}", "{X} please", "can you {X}?", "could you {X}", "could you please {X}?", "would you {X}", "I want you to {X}", "I'd like to {X}", "I want to {X}", "let's {X}", "go ahead and {X}", "try to {X}", "you should {X}", "we need to {X}", "now {X}", "just {X}", "{X}, thanks", "{X} for me", "{X} pls", "ok, {X}", "hey, {X}", "next, {X}", "{X}, will you", "I'd like you to {X}",
    "I need you to {X}", "would you mind to {X}", "kindly {X}", "maybe {X}", "and {X}", "{X} now", "do {X}", "my idea: {X}", "we should {X}", "simply {X}", "I think we should {X}", "what if you {X}", "why don't you {X}", "you could {X}", "it would be nice to {X}", "help me {X}", "{X}!", "first {X}", "{X}, and only that", "{X}, nothing else", "carefully {X}", "pls {X}", "plz {X}",
)  # fmt: skip
HAVE = (
    "{X}", "{X}", "give {it} {X}", "give {it} {X}", "give {it} {X}", "add {X}", "add {X} to {it}", "with {X}", "a {part} with {X}", "{it} with {X}", "I want {X}", "I'd like {X}", "put {X} on {it}", "{it} should have {X}", "{it} needs {X}", "{it} could use {X}", "there should be {X}", "apply {X}", "let {it} have {X}", "{X} please", "can {it} have {X}?", "could you give {it} {X}?", "make {it} have {X}", "{it} with {X} please", "{it} would look good with {X}",
    "I want {it} to have {X}", "please add {X}", "create {X}", "introduce {X}", "{X} would be nice", "{X} on {it}", "make {X}", "can you add {X}", "{it} has to have {X}", "I need {X}", "{it} gets {X}", "try {X}", "a {part} that has {X}", "how about {X}?",
)  # fmt: skip
LIKE = (
    "{X}", "{X}", "make {it} {X}", "make {it} look {X}", "make {it} look {X}", "make {it} look more {X}", "shape {it} {X}", "{it} should look {X}", "shaped {X}", "it should be {X}", "I want {it} to look {X}", "looking {X}", "form {it} {X}", "a {part} {X}", "something {X}", "let {it} look {X}", "{it} could look {X}", "{X} please", "can you make {it} look {X}?", "{it} shaped {X}", "a bit {X}", "almost {X}", "make {it} {X}, roughly",
    "have {it} look {X}", "model {it} {X}", "in the shape of something {X}", "it must look {X}", "kind of {X}", "more {X}", "do it {X}", "I imagine it {X}", "sort of {X}",
)  # fmt: skip
FRAMES = {"do": DO, "be": BE, "have": HAVE, "like": LIKE}


ALONE_SHARE = 0.2
"""Of the phrases, those that stand alone: taller, twist it, like a spike."""


def framed(marked: str, form: str, random: Random) -> str:
    """A phrase as part of a sentence: make it ..., I want it ..., give it ..."""
    frames = FRAMES.get(form)
    if frames is None or chance(random, ALONE_SHARE):
        return marked
    frame = expand(pick(random, frames).replace("{X}", "\0"), random)
    return frame.replace("\0", marked)


def polite(marked: str, random: Random, share_: float) -> str:
    """The same with words of politeness, sometimes."""
    return framed(marked, "do", random) if chance(random, share_) else marked


_SENSE_SHARES = np.array([sense.share for sense in SENSES])
_SENSE_SHARES /= _SENSE_SHARES.sum()


def clause(random: Random) -> Clause:
    """Any single instruction."""
    roll = random.random()
    if roll < 0.25:
        return scale(random)
    if roll < 0.28:
        return scale_bare(random)
    if roll < 0.36:
        return repeat(random)
    if roll < 0.44:
        return replace(random)
    if roll < 0.59:
        return material(random)
    return of_sense(SENSES[int(random.choice(len(SENSES), p=_SENSE_SHARES))], random)


def attribute(random: Random) -> Clause:
    """An instruction as what a part is: longer, twisted, wooden."""
    roll = random.random()
    if roll < 0.4:
        dimension = DIMENSIONS[int(random.choice(5, p=(0.27, 0.2, 0.25, 0.14, 0.14)))]
        is_more = chance(random, 0.55)
        said = pick(random, dimension.more if is_more else dimension.less)
        if chance(random, 0.15):
            said = pick(random, dimension.much if is_more else dimension.little)
        if said.startswith("^") and chance(random, 0.25):
            said = f"<by:{length(random) if chance(random, 0.6) else share(random)}> {said}"
        elif chance(random, 0.1):
            said = f"<to:{factor(random)}> as {pick(random, dimension.much)}"
            return Clause(said, "scale", dimension.axis, "")
        elif chance(random, 0.12):
            said = f"{said} by <by:{length(random)}>"
        elif chance(random, 0.2):
            said = f"{pick(random, DEGREES)} {said}"
        return Clause(said, "scale", dimension.axis, "up" if is_more else "down")
    if roll < 0.65:
        finish, tint = f"<finish:{pick(random, words.FINISHES)}>", f"<color:{color(random)}>"
        name = f"<name:{pick(random, tuple(words.ADJECTIVAL)) if chance(random, 0.4) else pick(random, words.MATERIALS)}>"
        return Clause(
            pick(random, (name, f"{finish} {name}", f"{tint} {name}", tint, finish, f"{finish} {tint}", f"{finish} {tint} {name}")),
            "material",
        )
    while True:
        sense = SENSES[int(random.choice(len(SENSES), p=_SENSE_SHARES))]
        if sense.op == "move" or not sense.forms["be"]:
            continue
        said = expand(pick(random, sense.forms["be"]), random)
        if chance(random, 0.25):
            said = f"{pick(random, DEGREES)} {said}"
        measured = MEASURED.get(sense.op, "")
        if measured == "angle" and chance(random, 0.2):
            said = f"{said} (by|at|)".replace("(by|at|)", pick(random, ("by", "at", ""))) + f" <to:{angle(random)}>"
        return Clause(said, sense.op, sense.axis, sense.direction)


def possession(random: Random) -> Clause:
    """An instruction as what a part has: a slight bend, rounded edges."""
    while True:
        sense = SENSES[int(random.choice(len(SENSES), p=_SENSE_SHARES))]
        if sense.forms["have"]:
            return Clause(expand(pick(random, sense.forms["have"]), random), sense.op, sense.axis, sense.direction)


def unmarked(marked: str) -> str:
    """Marked text without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"\^?<\w+:([^<>]*)>|\^", lambda found: found[1] or "", marked)).strip()


def substance(random: Random) -> Clause:
    """A material as one says it after "made of" or "in": polished gold, red leather."""
    finish, tint, name = (f"<finish:{pick(random, words.FINISHES)}>", f"<color:{color(random)}>", f"<name:{pick(random, words.MATERIALS)}>")
    return Clause(
        pick(random, (name, f"{finish} {name}", f"{tint} {name}", f"{finish} {tint} {name}", tint, f"{finish} {tint}")), "material"
    )
