"""Prompts for parts to learn from: what is said of the catalogue's parts, and prompts that name nothing of it."""

from __future__ import annotations

import re

from ...generation.catalogue import Catalogue
from ...generation.phrasing import FRAMES, Random, Wanted, by_name, chance, designed, framed, nouns, pick, said, strangers
from ...shapes.wording import with_articles
from . import others
from .sentences import lesson


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
    if kind < 0.45:
        noun = pick(random, strangers(catalogue))
        word = pick(random, catalogue.attributes) if chance(random, 0.4) else ""
        return with_articles(framed(FRAMES, False, random).format(x=f"{word} {noun}".strip()))
    if kind < 0.75:
        for _ in range(20):
            one = lesson(random)
            if one.is_told and "replace" not in one.op and not set(re.findall(r"[a-z]+", one.prompt.lower())) & nouns(catalogue):
                return one.prompt
    return others.other(random)[0]
