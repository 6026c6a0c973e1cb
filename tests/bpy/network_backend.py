"""A backend for tests of what networks tell: the real server and the real PartField segmenter, with a small network of random weights.

Such a network finds no sensible parts, but what holds of its features holds of a trained one's: alike is what is shaped alike.
"""

from __future__ import annotations

import sys
from pathlib import Path

from partgen.progress import Progress
from partgen.protocol import SegmentRequest, SegmentResult
from partgen.server import segmenting, serve
from partgen.server.worker import Deliver, work

SMALL = dict(
    z_triplane_channels=16, triplane_high_res=16, triplane_low_res=4, triplane_dim=28, transformer_dim=32, transformer_layers=2,
    transformer_heads=2, sdf_channels=4, sdf_neurons=8, sdf_hidden_layers=2, unet_start_channels=4, pvcnn_blocks=((16, 1, 6), (8, 1, 4)),
)  # fmt: skip


def answer(request: SegmentRequest, progress: Progress, deliver: Deliver) -> SegmentResult:
    """What PartField would answer with other weights."""
    import torch
    from partgen.networks.partfield import PartField, PartFieldConfig
    from partgen.segmentation.partfield import PartFieldSegmenter

    torch.set_num_threads(1)
    torch.manual_seed(1)
    network = PartField(PartFieldConfig(**SMALL)).eval()
    segmenting.segmenter = lambda method: PartFieldSegmenter(lambda: network)
    return segmenting.segment(request, progress)


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        sys.exit(work(lambda: answer))
    sys.exit(serve(sys.argv[1:], worker_command=[sys.executable, str(Path(__file__)), "worker"]))
