"""The sizes of every network survive the JSON file beside its weights, whatever else stands there."""

from __future__ import annotations

import json

import pytest
from partgen.networks.claims import ClaimConfig
from partgen.networks.part_dit import PartDiTConfig
from partgen.networks.part_encoder import PartEncoderConfig
from partgen.networks.part_words import PartWordsConfig
from partgen.networks.partfield import PartFieldConfig
from partgen.networks.shape_vae import ShapeVAEConfig
from partgen.networks.sizes import Sizes
from partgen.networks.superfaces import SuperfaceConfig
from partgen.networks.understanding import UnderstandingConfig

CONFIGS = (
    ClaimConfig(features=7),
    PartDiTConfig(),
    PartEncoderConfig(),
    PartFieldConfig(),
    PartWordsConfig(width=5),
    ShapeVAEConfig(),
    SuperfaceConfig(node_features=3, edge_features=4),
    UnderstandingConfig(layers=9),
)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: type(config).__name__)
def test_sizes_survive_json_and_ignore_what_is_no_size(config: Sizes) -> None:
    written = json.dumps({**config.as_dict(), "_class_name": "Network", "trained_for": [1, 2]})
    assert type(config).of(json.loads(written)) == config
