"""Instructions in ordinary words become the edits that were meant; everything else is refused, with something to try."""

import json
from pathlib import Path

import numpy as np
import pytest
from partgen.cli import main
from partgen.editing.edits import OPERATIONS, Edit
from partgen.evaluation.editing import Expected, as_scored, is_right, read_prompts, score
from partgen.understanding import reader, understood
from partgen.understanding.reader import SURE, Understanding
from partgen.understanding.refusing import EXAMPLES, SENTENCES
from partgen.understanding.telling import edit_in_words

PROMPTS = Path(__file__).parents[1] / "editing"
FLOOR = 0.85
"""Of the prompts that could be seen while building; the benchmark reports what is reached, on the others too."""


@pytest.fixture(scope="module")
def read():
    return reader(with_embeddings=False)


def ops(understanding):
    return [edit.op for edit in understanding.edits]


def test_the_prompts_that_were_seen_are_understood(read):
    result = score(read_prompts(PROMPTS, "seen"), read)
    assert result.share(of_refusals=False) >= FLOOR
    assert result.share(of_refusals=True) >= FLOOR


@pytest.mark.parametrize("op", EXAMPLES)
def test_what_is_suggested_is_understood(read, op):
    assert ops(read(EXAMPLES[op])) == [op]


def test_every_edit_has_a_suggestion():
    assert set(EXAMPLES) == set(OPERATIONS)


def test_several_edits_come_in_the_order_said_with_their_own_amounts(read):
    understanding = read("make it 10 cm longer and 2 cm wider, then bend it by 30 degrees")
    longer, wider, bent = understanding.edits
    assert longer.parameters == {"axis": "length", "delta": {"value": 10, "unit": "cm"}}
    assert wider.parameters == {"axis": "width", "delta": {"value": 2, "unit": "cm"}}
    assert bent.op == "bend"
    assert bent.parameters["angle"] == 30


def test_what_is_denied_is_not_done(read):
    assert ops(read("don't hollow it; split it into four")) == ["split"]
    assert ops(read("do not mirror it, only tilt it 8 degrees")) == ["tilt"]


def test_mistyped_words_are_understood(read):
    assert ops(read("twsit it 90 degres")) == ["twist"]


def test_capitals_and_blanks_do_not_matter(read):
    assert read("  MAKE IT   TWICE AS LONG ").edits == read("make it twice as long").edits


def test_a_hint_of_an_edit_is_weaker_and_much_of_it_stronger(read):
    little, usual, much = (read(prompt).edits[0].parameters["factor"] for prompt in ("slightly longer", "longer", "much longer"))
    assert 1 < little < usual < much


def test_a_material_keeps_every_word_of_it(read):
    (edit,) = read("polished dark red marble").edits
    assert edit.op == "material"
    assert set(" ".join(edit.parameters.values()).split()) == {"polished", "dark", "red", "marble"}


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "   ",
        "?",
        "mach es länger",
        "把它变长",
        "longer and shorter",
        "what time is it?",
        "rm -rf /",
        "asdf jkl qwer",
        "hello there",
        "make it nicer",
        "x" * 5000,
        "longer " * 300,
    ],
)
def test_what_is_no_edit_is_refused_with_something_to_try(read, prompt):
    understanding = read(prompt)
    assert understanding.edits == ()
    assert understanding.refused in SENTENCES.values()
    assert understanding.suggestions
    assert all(read(suggestion).refused is None for suggestion in understanding.suggestions)


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("delete it", "delete or hide the object"),
        ("please remove this part", "delete or hide the object"),
        ("Get rid of the whole thing!", "delete or hide the object"),
        ("make it invisible", "delete or hide the object"),
        ("undo that", "undo it"),
        ("not longer", "say what should"),
        ("do not make it longer", "say what should"),
    ],
)
def test_what_words_cannot_do_is_told_with_the_way_to_do_it(read, prompt, told):
    understanding = read(prompt)
    assert understanding.edits == ()
    assert told in understanding.refused


@pytest.mark.parametrize("prompt", ["not longer, just thicker", "remove the sharp edges", "hello there"])
def test_only_what_is_refused_and_begins_so_is_told_otherwise(read, prompt):
    assert read(prompt).refused in (None, *SENTENCES.values())


def test_opposite_edits_are_called_contradictory(read):
    assert read("make it wider and narrower").refused == SENTENCES["contradictory"]


def test_what_is_understood_can_be_applied(read):
    for prompt in (
        "a longer, twisted wooden handle",
        "a ring of 12, rusty iron",
        "hollow it with 2 mm walls",
        "flare it out, then waves 1 cm high",
    ):
        for edit in read(prompt).edits:
            assert Edit.from_dict(edit.as_dict()) == edit


def test_numpy_and_torch_say_the_same_of_a_prompt():
    torch = pytest.importorskip("torch")
    from partgen.networks.understanding import UnderstandingConfig, UnderstandingNetwork
    from partgen.understanding.amounts import normal, tokens
    from partgen.understanding.network import UnderstandingWeights, answers
    from partgen.understanding.vocabulary import FOLDER, Vocabulary, meanings

    torch.manual_seed(0)
    table, config = meanings(FOLDER), UnderstandingConfig(width=32, layers=2)
    network = UnderstandingNetwork(config, torch.from_numpy(table)).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
        seen = Vocabulary.bundled().seen(tokens(normal("Make it 10 cm longer, twsit it and paint it red!")))
        inputs = [torch.from_numpy(values.astype(np.int64))[None] for values in (seen.row, seen.grams, seen.kind)]
        logits = network(*inputs, torch.ones(1, len(seen.row), dtype=torch.bool))
    weights = UnderstandingWeights(
        {name: values.numpy() for name, values in network.state_dict().items()}, table, config.layers, config.heads
    )
    said = answers(weights, seen)
    for ours, theirs in zip(said, logits, strict=True):
        np.testing.assert_allclose(ours, theirs[0].softmax(-1).numpy(), atol=2e-5)


def test_the_same_prompt_is_understood_the_same_again(read):
    assert read("a slightly bent brass pipe") == read("a slightly bent brass pipe")


# ---- the command -----------------------------------------------------------------------------------------------------


def test_the_command_says_as_json_what_it_understood(capsys):
    assert main(["edit", "--prompt", "twice as long", "--explain", "--json", "--model", "understanding"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["edits"] == [{"op": "scale", "axis": "length", "factor": 2}]
    assert answer["refused"] is None
    assert answer["confidence"] >= SURE
    assert answer["model"] == "understanding"


def test_the_command_answers_each_line_of_a_file(tmp_path, capsys):
    file = tmp_path / "prompts.txt"
    file.write_text("longer\n\nwho are you?\nrusty iron\n", encoding="utf-8")
    assert main(["edit", "--prompts", str(file), "--explain", "--json"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["refused"] is None for answer in answers] == [True, False, False, True]


def test_the_command_tells_people_in_words(capsys):
    main(["edit", "--prompt", "30 % thinner", "--explain"])
    assert "thickness × 0.7" in capsys.readouterr().out


def test_a_file_that_is_missing_is_told(tmp_path, capsys):
    assert main(["edit", "--prompts", str(tmp_path / "nothing.txt"), "--explain"]) == 1
    assert "could not be read" in capsys.readouterr().err


@pytest.mark.parametrize("op", OPERATIONS)
def test_every_edit_can_be_told_in_words(op):
    text = {"replace": {"with": "sphere"}, "material": {"name": "iron"}}.get(op, {})
    assert edit_in_words(Edit(op, text).complete())


# ---- the score -------------------------------------------------------------------------------------------------------


def scored(edits, given, also=()):
    expected = Expected("", "", "", (tuple(edits), *(tuple(one) for one in also)))
    return is_right(expected, Understanding("", tuple(Edit.from_dict(one).complete() for one in given)))


def test_an_edit_too_many_or_too_few_is_wrong():
    longer, bent = {"op": "scale", "axis": "length", "direction": "up"}, {"op": "bend"}
    given = [{"op": "scale", "axis": "length", "factor": 1.2}, {"op": "bend"}]
    assert scored([longer, bent], given)
    assert not scored([longer], given)
    assert not scored([longer, bent], given[:1])


def test_lengths_are_equal_in_any_unit_and_numbers_within_two_percent():
    assert scored([{"op": "hollow", "thickness": {"value": 20, "unit": "mm"}}], [{"op": "hollow", "thickness": {"value": 2, "unit": "cm"}}])
    assert scored([{"op": "scale", "axis": "all", "factor": 1.333}], [{"op": "scale", "axis": "all", "factor": 4 / 3}])
    assert not scored([{"op": "bend", "angle": 30}], [{"op": "bend", "angle": 45}])


def test_a_size_on_the_wrong_side_is_wrong():
    assert not scored([{"op": "scale", "axis": "width", "direction": "down"}], [{"op": "scale", "axis": "width", "factor": 1.3}])


def test_words_of_a_material_may_be_synonyms_but_none_may_be_lost():
    assert scored([{"op": "material", "name": "wood", "color": "grey"}], [{"op": "material", "name": "wood", "finish": "gray"}])
    assert not scored([{"op": "material", "name": "wood", "color": "grey"}], [{"op": "material", "name": "wood"}])


def test_another_reading_that_is_allowed_is_right():
    assert scored([{"op": "bend"}], [{"op": "twist"}], also=[[{"op": "twist"}]])


def test_deflating_is_scored_as_less_of_inflating():
    assert as_scored({"op": "inflate", "amount": -0.2})["direction"] == "down"


def test_refusing_an_edit_is_wrong_and_refusing_nonsense_is_right():
    assert not is_right(Expected("", "", "", (({"op": "bend"},),)), Understanding("", refused="no"))
    assert is_right(Expected("", "nonsense", "", ()), Understanding("", refused="no"))


def test_understood_is_the_door_for_all():
    assert ops(understood("taper it to a point")) == ["taper"]
