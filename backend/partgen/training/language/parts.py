"""Prompts for parts to learn from: what is said of the catalogue's parts, and prompts that name nothing of it."""

from __future__ import annotations

import re
from functools import cache

from ...generation.catalogue import Catalogue
from ...generation.phrasing import FRAMES, Random, Wanted, by_name, chance, designed, framed, nouns, pick, said, strangers
from ...shapes.wording import with_articles
from . import others
from .sentences import lesson

THINGS = """
    horse lion tiger bear wolf fox mouse pig sheep goat duck chicken goose frog lizard turtle snail whale shark dolphin crab lobster bee ant
    butterfly zebra giraffe camel monkey gorilla owl eagle parrot penguin crocodile mermaid fairy giant robot soldier pirate knight king queen
    baby man woman boy girl doctor farmer skeleton zombie vampire monster alien angel devil face person child crowd apple orange pear lemon
    strawberry grape melon potato carrot tomato onion corn rice soup salad steak sausage egg milk coffee tea beer wine sugar chocolate pie
    sandwich cookie candy phone television radio camera tablet printer clock umbrella bag backpack suitcase wallet glove scarf coat dress shirt
    trousers sock ring necklace glasses pen pencil paper letter envelope newspaper map painting photo statue doll kite drum trumpet flute harp
    saxophone sofa couch bed desk wardrobe carpet curtain lamp fridge oven toaster kettle sink bathtub toilet shower soap towel broom vacuum
    bus train tram ship submarine aeroplane helicopter truck tractor motorcycle scooter skateboard tank spaceship satellite church school
    hospital bridge lighthouse barn palace temple pyramid skyscraper street garden forest mountain island lake ocean desert beach waterfall
    rain snow storm lightning rainbow fire smoke ice rock sand grass rose tulip cactus palm pine oak hammer saw axe drill wrench screwdriver
    sword bow arrow bomb cannon rifle spear coin diamond gold treasure planet comet galaxy heaven love anger peace war music dance sport football
    tennis chess party wedding birthday holiday christmas summer winter monday morning night dream idea story poem song language number
""".split()
"""Things and ideas that are no part here, though words near to them are."""


def wanted(random: Random, catalogue: Catalogue) -> Wanted:
    """A prompt to learn from: of five one names nothing that there is."""
    if chance(random, 0.24):
        return Wanted(nothing(random, catalogue))
    names = by_name(catalogue)
    name = pick(random, designed(catalogue)) if chance(random, 0.3) else pick(random, catalogue.names)
    return said(random, pick(random, names[name]), catalogue)


def nothing(random: Random, catalogue: Catalogue) -> str:
    """A prompt that names nothing of the catalogue: things that there are not, changes, and talk."""
    kind = float(random.random())
    if kind < 0.6:
        noun = pick(random, things(catalogue)) if kind < 0.35 else pick(random, strangers(catalogue))
        word = pick(random, catalogue.attributes) if chance(random, 0.4) else ""
        return with_articles(framed(FRAMES, False, random).format(x=f"{word} {noun}".strip()))
    if kind < 0.82:
        for _ in range(20):
            one = lesson(random)
            if one.is_told and "replace" not in one.op and not set(re.findall(r"[a-z]+", one.prompt.lower())) & nouns(catalogue):
                return one.prompt
    return others.other(random)[0]


@cache
def things(catalogue: Catalogue) -> tuple[str, ...]:
    """`THINGS` but those that are parts in the catalogue."""
    return tuple(word for word in THINGS if word not in nouns(catalogue))
