"""What to say of what is the same in the other objects that share identities (partgen.following finds it)."""

from __future__ import annotations

from collections.abc import Sequence

from .wording import names_in_words


def in_words(followed: Sequence[str], lacking: Sequence[str], undivided: Sequence[str], stale: Sequence[str], is_piece: bool) -> str:
    """What to say of the other objects, each list with the names of those of which it is true; "" where there are none."""
    said = [f"the same in {names_in_words([*followed])}"] if followed else []
    if followed and is_piece:
        said.append("finer than what was matched, so all that it belongs to is meant there")
    elif undivided:
        said.append(f"no part of its own in {names_in_words([*undivided])} at this scale, so what is the same there is meant")
    if lacking:
        said.append(f"no such part in {names_in_words([*lacking])}")
    if stale:
        said.append(f"the parts of {names_in_words([*stale])} were changed after they were matched: match them again")
    sentence = "; ".join(said)
    return sentence[:1].upper() + sentence[1:]
