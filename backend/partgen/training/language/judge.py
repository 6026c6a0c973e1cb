"""Trains the second opinion: linear maps from sentence embeddings to whether a prompt is an edit, and which operations it holds.

  python -m partgen.training.language.judge --out FOLDER

writes judge.safetensors. Needs the weights `minilm`. Some minutes on one core, most of them for the embeddings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from torch.nn import functional

from ...understanding.judging import JUDGE
from ...understanding.labels import ANSWERS, OPS
from .meanings import encoder
from .sentences import lesson

PROMPTS = 16_000
STEPS = 1500
DECAY = 1e-5


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--embeddings", metavar="FOLDER", type=Path, help="all-MiniLM-L6-v2 as published; the one of the models folder if not given"
    )
    parser.add_argument("--prompts", metavar="N", type=int, default=PROMPTS)
    parser.add_argument("--seed", metavar="N", type=int, default=0)
    parser.add_argument("--out", metavar="FOLDER", type=Path, required=True)
    options = parser.parse_args()
    random = np.random.default_rng([11, options.seed])
    lessons = [lesson(random) for _ in range(options.prompts)]
    inputs = torch.from_numpy(np.pad(encoder(options.embeddings)([one.prompt for one in lessons]), ((0, 0), (0, 1)), constant_values=1.0))
    answer = torch.tensor([ANSWERS.index(one.answer) for one in lessons])
    op = torch.tensor([[float(name in one.op) for name in OPS] for one in lessons])
    told = torch.tensor([one.is_told for one in lessons])
    torch.manual_seed(options.seed)
    of_answer = torch.zeros(len(ANSWERS), inputs.shape[1], requires_grad=True)
    of_op = torch.zeros(len(OPS), inputs.shape[1], requires_grad=True)
    optimizer = torch.optim.Adam([of_answer, of_op], 0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        loss = (
            functional.cross_entropy(inputs @ of_answer.T, answer)
            + functional.binary_cross_entropy_with_logits(inputs[told] @ of_op.T, op[told]) * 4
        )
        loss = loss + DECAY * ((of_answer**2).sum() + (of_op**2).sum())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 300 == 0 or step == STEPS - 1:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    tensors = {"answer": of_answer.detach().numpy().astype(np.float16), "op": of_op.detach().numpy().astype(np.float16)}
    (options.out / JUDGE).write_bytes(save(tensors))


if __name__ == "__main__":
    main()
