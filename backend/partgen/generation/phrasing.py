"""How parts are asked for, in many ways of saying: what the network learns from, and what it is measured on.

A way that begins with ! is kept for measuring and never learned from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np

from ..shapes.materials import MATERIALS
from ..shapes.wording import NUMBERS, with_articles
from ..understanding.vocabulary import FOLDER, Vocabulary, meanings
from .catalogue import DESIGN, PLURALS, Catalogue, Entry

Random = np.random.Generator
T = TypeVar("T")


def pick(random: Random, options: Sequence[T]) -> T:
    return options[int(random.integers(len(options)))]


def chance(random: Random, share: float) -> bool:
    return bool(random.random() < share)


FRAMES = (
    "{x}", "{x}", "{x}", "a {x}", "a {x}", "a {x}", "the {x}", "replace it with a {x}", "replace it by a {x}", "make it a {x}", "turn it into a {x}",
    "turn this into a {x}", "i want a {x} here", "a {x} instead", "put a {x} there", "give it a {x}", "swap it for a {x}", "swap this for a {x}",
    "change it to a {x}", "i would like a {x}", "a {x} please", "could this be a {x}", "let it be a {x}", "use a {x}", "use a {x} instead",
    "another {x}", "a new {x}", "make this part a {x}", "this should be a {x}", "a {x}, please", "replace this part with a {x}", "put in a {x}",
    "!exchange it for a {x}", "!how about a {x}", "!i need a {x} in this place", "!let me have a {x}", "!substitute a {x}", "!it ought to be a {x}",
)  # fmt: skip
WITH = (
    "with {c}",
    "with {c}",
    "that has {c}",
    "having {c}",
    "which has {c}",
    "of {c}",
    "and {c}",
    "!carrying {c}",
    "!made with {c}",
    "!showing {c}",
)
WITHOUT = ("without {w}", "without any {w}", "with no {w}", "that has no {w}", "and no {w}", "!lacking {w}", "!free of {w}", "!but no {w}")
NOT = ("not {a}", "that is not {a}", "but not {a}", "which isn't {a}", "!instead of {a}", "!anything but {a}", "!no {a} one")
THAT = ("that is {a}", "which is {a}", "{a}", "!being {a}")
FILLING = (
    "nice",
    "simple",
    "plain old",
    "little",
    "big",
    "fancy",
    "good",
    "beautiful",
    "old",
    "modern",
    "new",
    "typical",
    "different",
    "classic",
)
PLACES = (
    "for my table",
    "on the castle",
    "for this",
    "on top",
    "in its place",
    "at the bottom",
    "for the robot",
    "there",
    "here",
    "on the side",
)

ATTRIBUTES: Mapping[str, str] = {
    "acorn": "acorn shaped|like an acorn|!in the form of an acorn", "arched": "arching|bowed|with an arch|!curved like an arch|in an arc",
    "ball": "ball shaped|spherical|like a ball|round as a ball|globe shaped|sphere|in the shape of a ball|!orb shaped|!shaped like a sphere",
    "bell": "bell shaped|like a bell|!in the shape of a bell", "bent": "angled|with a bend|!crooked|with a kink",
    "block": "block shaped|like a block|cube|cubic|!a solid block", "blunt": "with a blunt end|dull|not sharp|!stubby",
    "bowler": "bowler style|like a bowler|!of the bowler kind", "boxy": "box shaped|like a box|box like|!rectangular and bulky|square edged",
    "bright": "shining|luminous|!glaring", "brimmed": "with a brim|broad brimmed|!having a brim", "bulbous": "bulging|bellied|swollen|!pot bellied|fat in the middle",
    "bulging": "bellied|swelling|fat in the middle|!thicker in the middle|bulgy", "bun": "bun shaped|like a bun|squashed ball|!flattened ball",
    "cabriole": "s curved|queen anne|cabriole style|!like a goat's leg|with an s shape", "claw": "clawed|like a claw|claw and ball|!with a bird's claw|taloned",
    "coiled": "spring like|like a spring|wound|spiralling|!in coils|like a coil", "conical": "cone shaped|like a cone|tapering to a point|!funnel shaped|cone like",
    "crenellated": "with battlements|with merlons|battlemented|!castle like on top|notched on top", "cross": "cross shaped|like a cross|!in the form of a cross",
    "crossing": "crosswise|like a cross|!across", "crystal": "crystal shaped|like a crystal|gem like|!like a gem", "curved": "bent|curving|bowed|with a curve|!swinging|sweeping|curvy",
    "disc": "disc shaped|like a disc|like a plate|disk shaped|!like a coin", "dish": "dish shaped|like a satellite dish|!parabolic|like a bowl",
    "domed": "dome shaped|like a dome|rounded on top|with a dome|!vaulted|!shaped like half a ball", "egg": "egg shaped|like an egg|oval|!in the form of an egg",
    "faceted": "with facets|cut like a gem|low poly|many sided|!angular like a cut stone|polygonal", "flame": "flame shaped|like a flame|!like a candle's flame",
    "flared": "widening|flaring|trumpet shaped|!spreading at the end|bell mouthed", "flat": "level|plane|flattened|like a board|!not thick at all|even|like a sheet",
    "flattened": "squashed|flattish|!pressed flat", "fluted": "grooved|with grooves|with flutes|ribbed|!with vertical grooves", "forked": "with a fork|split in two|fork shaped|!branching|y shaped",
    "gabled": "with a gable|saddle|with two slopes|like a tent|!two sided|a frame", "grooved": "with a groove|notched|!with channels", "hairpin": "hairpin style|bent wire|like a hairpin|!of bent wire",
    "hipped": "with four slopes|hip|!sloping on all four sides|sloped on all sides", "hollow": "empty inside|open inside|!with nothing inside|hollowed", "hoof": "hoof shaped|like a hoof|!like a horse's hoof",
    "hooked": "hook shaped|like a hook|with a hook|!crooked at the end", "horizontal": "level|lying|!lying flat", "ladder": "like a ladder|with rungs|!ladder style",
    "long": "lengthy|elongated|extended|stretched|!of great length", "looped": "loop shaped|like a loop|d shaped|closed|!in a loop", "low": "flat|not tall|!squat", "mushroom": "mushroom shaped|like a mushroom|!like a toadstool",
    "onion": "onion shaped|like an onion|russian|onion dome|!like on a russian church", "open": "opened|!not closed", "oval": "elliptical|egg like|!oblong",
    "padded": "cushioned|upholstered|soft|!with padding", "peaked": "with a peak|with a visor|!with a shade at the front", "peg": "peg like|like a peg|dowel|!like a dowel", "plain": "unadorned|simple|!without ornament",
    "pleated": "with pleats|folded|!with folds", "pointed": "pointy|sharp|coming to a point|with a point|spiky|ending in a point|tipped|peaked|spired|gothic|witch's|wizard|!with a sharp tip|!that runs to a point|!needle like",
    "pyramid": "pyramidal|pyramid shaped|like a pyramid|!in the form of a pyramid", "rectangular": "oblong|four cornered|!with right angles|right angled", "ring": "ring shaped|like a ring|hoop shaped|!in the form of a ring|annular",
    "round": "circular|rounded|roundish|without corners|cylindrical|!with no corners|of round section", "rounded": "with rounded edges|softened|smooth edged|!without sharp edges", "sharp": "keen|with an edge|!cutting",
    "short": "stubby|stumpy|small|not long|!of little length", "slanted": "sloping|sloped|leaning|inclined|lean to|shed style|!on a slant|with one slope", "slim": "slender|thin|narrow|lean|!of little width|skinny",
    "small": "little|tiny|mini|!minute|compact", "soft": "cushiony|plush|!yielding|squashy", "solid": "full|massive|closed|in one piece|!all of a piece|plain disc", "spiral": "spiralling|corkscrew|like a unicorn's|helical|!screw like",
    "spoked": "with spokes|having spokes|!on spokes", "square": "squared|four sided|with four corners|boxy|!with square corners|of square section", "star": "star shaped|like a star|!in the form of a star",
    "stepped": "with steps|like stairs|terraced|ziggurat|!in steps|tiered", "straight": "unbent|in a straight line|not curved|direct|!without any bend", "swelling": "bulging|!thicker in the middle", "swept": "swept back|raked|!slanting backwards",
    "tall": "high|lofty|towering|!of great height|soaring", "tapered": "tapering|narrowing|getting thinner|!thinner towards the end|cone like", "thick": "fat|chunky|stout|heavy|!of great thickness|beefy",
    "thin": "slender|fine|slim|narrow|!of little thickness|skinny|delicate", "toothed": "with teeth|serrated|cogged|!with cogs|jagged", "top": "top|cylinder|!gentleman's", "triangular": "three cornered|with three corners|three sided|!like a triangle",
    "turned": "lathe turned|baluster|with beads|on a lathe|!with rounds and hollows|turned on a lathe", "twisted": "spiral|barley twist|with a twist|corkscrew|!wrung|screwed", "upright": "standing|vertical|!on end",
    "wavy": "wave like|rippled|undulating|!in waves", "wedge": "wedge shaped|like a wedge|!thinner at one end", "wide": "broad|!of great width|extended sideways", "rounded blade": "rounded",
}  # fmt: skip
"""Other words for attributes."""

NAMES: Mapping[str, str] = {
    "antenna": "aerial|feeler|!radio mast", "arm": "limb|!upper limb", "armrest": "arm rest|elbow rest|!rest for the arms", "back": "backrest|back rest|chair back|!back part", "backrest": "back rest|back|!support for the back",
    "ball": "sphere|globe|orb", "barrel": "gun barrel|!muzzle tube", "battlement": "merlon|crenel|!crenellation", "beak": "bill|nib|!bird's mouth", "blade": "cutting edge|vane|!cutter", "blossom": "flower head|bloom|!flower",
    "body": "main body|trunk|!corpus", "bottle": "flask", "bowl": "basin|dish|!vessel", "branch": "bough|twig|!limb of a tree", "bucket": "pail|scoop|!shovel", "button": "push button", "cab": "driver's cab|cabin|!driver's cabin",
    "canopy": "awning|cover|!sunshade", "cap": "peaked cap|baseball cap|!head covering with a peak", "caster": "castor|furniture wheel|swivel wheel|!little wheel", "chimney": "smokestack|smoke stack|stack|!flue", "claw": "talon|pincer|!gripper finger",
    "column": "pillar|post|!round support", "cone": "conical shape", "crown": "king's crown|royal crown|tiara|!royal headgear", "cup": "mug|beaker|!drinking vessel", "cushion": "pillow|pad|!seat pad", "dial": "control dial|!rotary control", "dome": "cupola|!vault",
    "door": "gate|entrance|!way in", "drawer front": "front of a drawer|drawer face", "ear": "animal ear|!listener", "engine": "motor|jet engine|!drive unit", "eye": "eyeball|!seeing organ", "feather": "plume|quill", "fin": "tail fin|stabiliser|stabilizer|!flipper",
    "finger": "digit|!pointing finger", "finial": "post top|knob on top|!crowning piece|top ornament", "flange": "collar|pipe flange|!ring for bolts", "flower": "blossom|bloom|!flower head|daisy", "foliage": "leaves|tree crown|crown of leaves|!greenery",
    "foot": "furniture foot|paw|base foot|feet|!lower end|footing", "gear": "cog|cogwheel|cog wheel|gearwheel|toothed wheel|sprocket|!pinion", "grip": "hand grip|hold|!place to hold", "guard": "hand guard|cross guard|!hilt guard", "hand": "palm and fingers|!paw",
    "hand wheel": "handwheel|valve wheel|turning wheel|!wheel to turn by hand", "handle": "grip|pull|haft|hold|door handle|!thing to hold on to|!helve", "handlebar": "bars|bike handle|!steering bar", "hat": "headgear|headwear|!head covering", "head": "skull|!noggin",
    "headboard": "head of the bed|!bed head", "headlight": "head lamp|front light|headlamp|!lamp at the front", "horn": "animal horn|antler|tusk|!spike on the head", "hub": "wheel hub|nave|!middle of the wheel", "hull": "ship's hull|boat body|!ship's body",
    "key": "push key|keycap", "knob": "door knob|drawer knob|pull|!small round handle|drawer pull", "ladder": "steps", "lantern room": "lantern|light room|!lamp room", "leaf": "foliage leaf|blade of a plant|!frond", "leg": "table leg|chair leg|support|furniture leg|!thing it stands on",
    "lens": "objective|glass|!optic", "lid": "cover|cap|top|!covering", "light": "lamp|light bulb|!lighting", "mast": "ship's mast|pole for sails|!spar for sails", "mirror": "wing mirror|!looking glass", "mushroom": "toadstool|fungus|!champignon",
    "nose cone": "nosecone|rocket tip|tip of the rocket|!rocket nose", "nozzle": "jet nozzle|outlet|!exhaust bell", "ornament": "decoration|decorative top|!adornment|topper", "paw": "foot", "petal": "flower leaf", "pillow": "cushion|head rest", "pole": "staff|rod|!upright rod",
    "post": "upright|pole|!standing timber", "pot": "planter|flower pot|!plant pot", "propeller": "airscrew|screw propeller|prop|!plane's screw", "rail": "railing|bar|!handrail", "ring": "hoop|band|!circlet", "rim": "edge ring|border|!outer edge", "rod": "bar|stick|!thin pole",
    "roof": "rooftop|roof top|house top|!covering of a house|housetop", "rotor": "fan wheel|impeller|fan|!set of blades", "rotor blade": "helicopter blade|!lifting blade", "saddle": "bike seat|bicycle seat|!cycle seat", "sail": "canvas|ship's sail|!sheet for the wind", "sails": "windmill sails|mill wheel|!mill arms",
    "screw": "ship's propeller|ship screw|!boat propeller", "seat": "sitting surface|stool top|!thing to sit on|chair seat", "shade": "lampshade|lamp shade|light shade|!lamp cover", "shaft": "axle|spindle|rod|!turning rod", "shelf": "board|rack|!book board", "snout": "muzzle|animal nose|!nose of a beast",
    "spout": "teapot spout|pouring spout|!pourer", "star": "starlet|christmas star|sheriff star|!stellar shape", "stem": "stalk|foot of a glass|!thin neck", "step": "stair|tread|!footstep", "stretcher": "cross bar|crossbar|!brace between legs", "strut": "brace|!tie",
    "tail": "animal tail|!rear appendage", "tower": "turret|castle tower|keep|!watchtower", "tower roof": "spire|turret roof|steeple|!tower top", "track": "caterpillar track|tank track|crawler|!chain drive", "tripod": "three legged stand|camera stand|!three legs", "trunk": "tree trunk|bole|!tree stem",
    "turret": "tank turret|gun turret|!gun house", "tyre": "tire|rubber tyre|!rubber ring", "valve": "tap|!stopcock", "visor": "peak|!eye shade", "wall": "partition|side wall|!barrier", "wheel": "cart wheel|wagon wheel|car wheel|bike wheel|!thing that rolls|!roller", "window": "window pane|pane|!glazed opening",
    "wing": "airplane wing|bird wing|aerofoil|!flying surface", "windscreen": "windshield|front window|!glass front", "fuselage": "plane body|!aircraft body", "tuning peg": "tuner|machine head|!string peg", "pommel": "sword knob|!sword butt",
}  # fmt: skip
"""Other words for names."""

OPPOSED = (
    ("round", "square"),
    ("pointed", "flat"),
    ("straight", "curved"),
    ("long", "short"),
    ("thin", "thick"),
    ("slim", "thick"),
    ("small", "tall"),
)


@dataclass(frozen=True)
class Wanted:
    """A prompt and what it asks for: a `name`, "" for none that there is, attributes that are `asked` and `denied`, and `counts`."""

    prompt: str
    name: str = ""
    asked: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()


def phrases(written: str, is_measured: bool) -> list[str]:
    """The ways to say something: those that are learned from, or those kept for measuring."""
    return [one.lstrip("!") for one in written.split("|") if one and one.startswith("!") == is_measured]


def framed(options: Sequence[str], is_measured: bool, random: Random) -> str:
    return pick(random, phrases("|".join(options), is_measured))


@cache
def designed(catalogue: Catalogue) -> tuple[str, ...]:
    """The names of what was made to be asked for: the richest in attributes and counts."""
    return tuple(sorted({entry.name for entry in catalogue.entries if entry.family == DESIGN}))


@cache
def by_name(catalogue: Catalogue) -> Mapping[str, tuple[Entry, ...]]:
    return {name: tuple(entry for entry in catalogue.entries if entry.name == name) for name in catalogue.names}


def said(random: Random, entry: Entry, catalogue: Catalogue, is_measured: bool = False) -> Wanted:
    """A prompt for a part of the catalogue, which says some of what can be said of it."""
    share = 1.0 if is_measured else 0.6
    asked = tuple(word for word in entry.attributes if chance(random, share))
    counts = tuple((word, count) for word, count in entry.counts.items() if chance(random, max(share, 0.7)))
    avoided = _denied(random, entry) if chance(random, 0.12) else ""
    denied = (avoided,) if avoided in catalogue.attributes else ()
    before, after = _described(random, asked, is_measured)
    before, after = _counted(random, counts, before, after, is_measured)
    after += [framed(NOT, is_measured, random).format(a=word) for word in denied]
    if not is_measured:
        before, after = _distracted(random, before, after)
    noun = _noun(random, entry.name, is_measured)
    text = " ".join([*before, noun, *after])
    prompt = framed(FRAMES, is_measured, random).format(x=text)
    return Wanted(_typed(random, with_articles(prompt), is_measured), entry.name, asked, denied, counts)


def _noun(random: Random, name: str, is_measured: bool) -> str:
    others_ = phrases(NAMES.get(name, ""), is_measured)
    if others_ and chance(random, 0.5 if is_measured else 0.4):
        return pick(random, others_)
    if not is_measured and chance(random, 0.08):
        return neighbour(random, name)
    return name


def _described(random: Random, asked: Sequence[str], is_measured: bool) -> tuple[list[str], list[str]]:
    """What is said of the attributes, before the noun and after it."""
    before, after = [], []
    for word in asked:
        ways = phrases(ATTRIBUTES.get(word, ""), is_measured)
        way = pick(random, ways) if ways and chance(random, 0.6) else word
        if " " in way and way.split()[-1] not in ("shaped", "like", "style", "sided", "cornered", "turned", "curved", "edged", "bellied"):
            after.append(way if way.startswith(("with", "like", "in ", "that", "coming", "ending", "without", "of ")) else f"that is {way}")
        elif chance(random, 0.75):
            before.append(way)
        else:
            after.append(framed(THAT, is_measured, random).format(a=way))
    return before, after


def _counted(
    random: Random, counts: Sequence[tuple[str, int]], before: list[str], after: list[str], is_measured: bool
) -> tuple[list[str], list[str]]:
    for word, count in counts:
        plural = PLURALS.get(word, word + "s")
        if count == 0:
            after.append(framed(WITHOUT, is_measured, random).format(w=plural))
            continue
        number = str(count) if count >= len(NUMBERS) or chance(random, 0.4) else NUMBERS[count]
        if chance(random, 0.25) and count > 1:
            before.append(pick(random, (f"{number} {word}", f"{number}-{word}", f"{number}-{word}ed")))
        else:
            after.append(framed(WITH, is_measured, random).format(c=f"{number} {word if count == 1 else plural}"))
    return before, after


def _denied(random: Random, entry: Entry) -> str:
    """An attribute that a part has not, the opposite of one that it has where there is one."""
    opposites = [b for a, b in (*OPPOSED, *((b, a) for a, b in OPPOSED)) if a in entry.attributes and b not in entry.attributes]
    return (
        pick(random, opposites)
        if opposites
        else pick(random, [a for a in ("pointed", "square", "curved", "thick", "hollow") if a not in entry.attributes])
    )


def _distracted(random: Random, before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """Materials, praise and places, which tell nothing of the form."""
    if chance(random, 0.2):
        kind = pick(random, tuple(MATERIALS))
        before = [*before, pick(random, (kind, pick(random, MATERIALS[kind].tones)[0], "wooden", "golden", "red", "blue", "metallic"))]
    if chance(random, 0.1):
        before = [pick(random, FILLING), *before]
    if chance(random, 0.08):
        after = [*after, pick(random, PLACES)]
    return before, after


def _typed(random: Random, prompt: str, is_measured: bool) -> str:
    """Now and then a letter wrong, or a capital."""
    if not is_measured and chance(random, 0.06) and len(prompt) > 6:
        at = int(random.integers(1, len(prompt) - 1))
        prompt = prompt[:at] + prompt[at + 1 :] if chance(random, 0.5) else prompt[:at] + prompt[at + 1] + prompt[at] + prompt[at + 2 :]
    return prompt.capitalize() if chance(random, 0.2) else prompt


# ---- what there is not -----------------------------------------------------------------------------------------------


@cache
def nouns(catalogue: Catalogue) -> frozenset[str]:
    """The last words of all names and of what else they are called."""
    every = [*catalogue.names, *(one.strip("!") for ways in NAMES.values() for one in ways.split("|"))]
    return frozenset(word for name in every for word in name.split())


@cache
def strangers(catalogue: Catalogue) -> tuple[str, ...]:
    """Words of which none is near in meaning to a name or an attribute of the catalogue."""
    known, table = _directions()
    vocabulary = Vocabulary.bundled()
    ways = [word for one in (*ATTRIBUTES.values(), *ATTRIBUTES) for word in re.findall(r"[a-z]+", one)]
    ours = sorted({vocabulary.rows[word] - 1 for word in (*nouns(catalogue), *ways) if word in vocabulary.rows})
    near = (table @ table[ours].T).max(axis=1)
    return tuple(word for word, value in zip(known, near, strict=True) if value < 0.42 and len(word) > 3 and word.isalpha())


@cache
def _directions() -> tuple[tuple[str, ...], np.ndarray]:
    """The words of the table of meanings, and their directions (words, channels)."""
    table = meanings(FOLDER)[1:]
    return Vocabulary.bundled().words, table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)


@cache
def _neighbours(word: str) -> tuple[str, ...]:
    known, table = _directions()
    row = Vocabulary.bundled().rows.get(word, 0)
    if not row:
        return (word,)
    likeness = table @ table[row - 1]
    best = np.argsort(-likeness)[1:4]
    return tuple(known[index] for index in best if likeness[index] > 0.72 and known[index] not in NAMES) or (word,)


def neighbour(random: Random, phrase: str) -> str:
    """A phrase with its last word in another that means nearly the same."""
    *first, last = phrase.split()
    return " ".join([*first, pick(random, _neighbours(last))])
