"""Prompts written by hand mean what their lines say: each is learned as such, however it is read."""

import numpy as np
from partgen.training.language.composing import Clause, expand
from partgen.training.language.sentences import Lesson, labelled
from partgen.training.language.written import edits, refused
from partgen.understanding.labels import ROLES

DRAWS = 8


def lessons(line) -> list[Lesson]:
    random = np.random.default_rng(0)
    drawn = [[("", Clause(expand(one.pattern, random), one.op, one.axis, one.direction)) for one in line] for _ in range(DRAWS)]
    return [labelled(parts, random) for parts in drawn]


def test_every_line_of_edits_teaches_each_of_its_edits_and_leaves_no_mark_behind() -> None:
    wrong = []
    for line in edits():
        for lesson in lessons(line):
            if any(sign in lesson.prompt for sign in "^<>{}|[]") or [op for op in lesson.op if op] != [one.op for one in line]:
                wrong.append((lesson.prompt, [one.pattern for one in line]))
                break
    assert not wrong, "\n".join(f"{prompt!r} of {patterns}" for prompt, patterns in wrong[:20])


def test_every_role_in_the_lines_is_one() -> None:
    import re

    unknown = {role for line in edits() for one in line for role in re.findall(r"<(\w+):", one.pattern) if role not in ROLES}
    assert not unknown


def test_what_is_no_edit_holds_no_marks() -> None:
    random = np.random.default_rng(0)
    marked = [text for _, text in refused() if any(sign in expand(text, random) for sign in "^<>{}|[]")]
    assert not marked, marked[:20]
