"""The gate experiment with a feature field: does a small PartField, trained on shapes alone, do better than geometry on real skins?

    partgen train partfield-small --size tiny --minutes 20 --out runs/gate
    partgen train superfaces --minutes 20 --out runs/superfaces
    python scripts/gate_experiment.py runs/gate/weights --superfaces runs/superfaces/weights --data FOLDER --limit 24

Measures the weights of a `partfield-small` beside `geometric`, and beside the same network with random weights, which shows
what the method owes to the network's form and the clustering alone; with `--superfaces`, beside weights of that training, asked
alone, without what geometry says. FOLDER holds labelled models as for `partgen bench`.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from partgen.evaluation.labelled import labelled_files, read_labelled
from partgen.evaluation.segmentation import Score, answer_of_tree, scores
from partgen.mesh import Mesh
from partgen.networks.partfield import PartField, PartFieldConfig
from partgen.progress import Progress, no_progress
from partgen.segmentation import Segmentation, Segmenter
from partgen.segmentation.geometric import GeometricSegmenter, segment_by_regions
from partgen.segmentation.merging import Learned, Merges, part_merges
from partgen.segmentation.partfield import PartFieldSegmenter
from partgen.segmentation.regions import RegionGraph
from partgen.segmentation.superface_features import features, record
from partgen.segmentation.superface_network import SuperfaceWeights, answers
from partgen.segmentation.superfaces import RECIPE, SIGNIFICANT, without
from partgen.training.export import CONFIG, WEIGHTS
from partgen.training.partfield_small import built, points_seen
from safetensors.torch import load_file


def trained(folder: Path) -> PartField:
    """The network that `partgen train partfield-small` wrote to `folder`."""
    network = PartField(config_of(folder))
    network.load_state_dict(load_file(folder / WEIGHTS))
    return network.eval()


def untrained(folder: Path) -> PartField:
    """One of the same sizes with random weights."""
    torch.manual_seed(0)
    return built(config_of(folder)).eval()


def config_of(folder: Path) -> PartFieldConfig:
    return PartFieldConfig.of(json.loads((folder / CONFIG).read_text()))


class SuperfacesAlone:
    """What a training of superfaces says, in the merging of the bundled one with all of geometry left out."""

    method = "superfaces"

    def __init__(self, folder: Path) -> None:
        self._weights = SuperfaceWeights.read(folder)

    def segment(self, mesh: Mesh, progress: Progress = no_progress) -> Segmentation:
        return segment_by_regions(mesh, self.method, self._merged, SIGNIFICANT, progress)

    def _merged(self, regions: RegionGraph) -> tuple[Merges, NDArray[np.float32]]:
        told = answers(self._weights, features(record(regions)), regions.areas)
        return part_merges(regions, without(RECIPE, "geometry"), Learned(told.boundaries, told.places)), told.descriptors


def main() -> None:
    program = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    program.add_argument("weights", type=Path, help="the folder weights/ of a training")
    program.add_argument("--superfaces", metavar="WEIGHTS", type=Path, help="the folder weights/ of a training of superfaces")
    program.add_argument("--data", type=Path, required=True)
    program.add_argument("--set", default="remeshed", help="the set of models (remeshed)")
    program.add_argument("--limit", type=int, help="at most so many models, evenly chosen")
    options = program.parse_args()
    seen = points_seen(config_of(options.weights))
    segmenters: dict[str, Segmenter] = {
        "trained": PartFieldSegmenter(lambda: trained(options.weights), seen),
        "random weights": PartFieldSegmenter(lambda: untrained(options.weights), seen),
        "geometric": GeometricSegmenter(),
    }
    if options.superfaces:
        segmenters["superfaces"] = SuperfacesAlone(options.superfaces)
    found: dict[str, dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    for collection, path in labelled_files(options.data, options.limit, [options.set]):
        labelled = read_labelled(path, collection)
        for name, segmenter in segmenters.items():
            segmentation = segmenter.segment(labelled.mesh)
            for protocol, score in scores(answer_of_tree(segmentation.leaf_of_face, segmentation.tree), labelled).items():
                found[name][protocol].append(score)
        told = "  ".join(f"{name} {scored['best-20'][-1].miou:.3f}" for name, scored in found.items())
        print(f"{path.stem:32} best-20  {told}", flush=True)
    print(f"\n{'':16}" + "".join(f"{f'mIoU {protocol}':>16}{f'1-RI {protocol}':>16}" for protocol in ("gt-k", "best-20")))
    for name, scored in found.items():
        columns = [(np.mean([s.miou for s in scored[p]]), np.mean([s.rand_error for s in scored[p]])) for p in ("gt-k", "best-20")]
        print(f"{name:16}" + "".join(f"{miou:16.3f}{error:16.3f}" for miou, error in columns))


if __name__ == "__main__":
    main()
