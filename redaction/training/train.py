"""Teaching a tagger on several processes, each with one thread, that average what they have learned."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import spawn
from torch.nn import functional

from redaction.classifier.network import Tagger
from redaction.training.batches import Batch, Batches
from redaction.training.report import say

_WARMUP = 0.04
_ROUND = 16  # steps between two averages
_MISSED = 2.0  # a missed entity weighs more than a false alarm: the threshold gives precision back


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast to learn: until ``steps`` of each process, or ``seconds``, whichever is first."""

    steps: int
    seconds: float
    rate: float
    seed: int
    processes: int
    save: Path


def loss_of(logits: Tensor, allowed: Tensor) -> Tensor:
    """Mean of -log P(any allowed label) over the candidates that not every label is allowed for."""
    logs = functional.log_softmax(logits.float(), -1)
    free = allowed.all(-1)
    chosen = logs.masked_fill(~allowed, -torch.inf).logsumexp(-1).masked_fill(free, 0.0)
    weights = (~free).float() * torch.where(allowed[..., 0], 1.0, _MISSED)
    return -(chosen * weights).sum() / weights.sum().clamp(min=1)


def train(tagger: Tagger, batches: Batches, course: Course) -> Tagger:
    """Trains on as many processes as the course says; the result lies in its file too.

    The same seed, steps and processes give the same weights on the same kind of machine, unless time ran out.
    """
    tagger.share_memory()
    meeting = course.save.with_suffix(".meeting").resolve()
    meeting.unlink(missing_ok=True)
    given = (tagger, batches, course, f"file://{meeting}")
    spawn(_work, given, nprocs=course.processes)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    tagger.load_state_dict(torch.load(course.save, weights_only=True))
    return tagger.eval()


def _work(rank: int, shared: Tagger, batches: Batches, course: Course, meeting: str) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(course.seed + rank)
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=course.processes)
    tagger = Tagger(shared.size)
    tagger.load_state_dict(shared.state_dict())
    optimiser = torch.optim.AdamW(
        _groups(tagger, course.rate), betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    rates = [float(group["lr"]) for group in optimiser.param_groups]
    begun = time.monotonic()
    drawn = endless(batches, course.seed + 1000 * rank)
    done, told = 0, 0.0
    while (spent := _spent(course, done, begun)) < 1:
        for group, full in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = full * min(1.0, (spent + 0.001) / _WARMUP) * (1 - spent)
        for _ in range(_ROUND):
            told += _step(tagger, optimiser, next(drawn)) / _ROUND
        done += _ROUND
        _average(tagger, course.processes)
        if rank == 0:
            say(f"step {done} {100 * spent:.1f} % loss {told:.4f}")
            if done % (8 * _ROUND) == 0:
                torch.save(tagger.state_dict(), course.save)
        told = 0.0
    if rank == 0:
        torch.save(tagger.state_dict(), course.save)
    distributed.destroy_process_group()


def _spent(course: Course, done: int, begun: float) -> float:
    """The share of the course that is over, the same for all processes."""
    spent = torch.tensor([max(done / course.steps, (time.monotonic() - begun) / course.seconds)])
    distributed.broadcast(spent, 0)
    return float(spent)


def _step(tagger: Tagger, optimiser: torch.optim.Optimizer, batch: Batch) -> float:
    with torch.autocast("cpu", torch.bfloat16):
        logits = tagger(batch.given)
    value = loss_of(logits, batch.allowed)
    optimiser.zero_grad(set_to_none=True)
    value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    nn.utils.clip_grad_norm_(tagger.parameters(), 1.0, foreach=True)
    optimiser.step()
    return value.item()


@torch.no_grad()
def _average(tagger: Tagger, processes: int) -> None:
    for parameter in tagger.parameters():
        distributed.all_reduce(parameter.data)
        parameter.data /= processes


def _groups(tagger: Tagger, rate: float) -> list[dict[str, object]]:
    """What starts at nothing learns faster than what Rampart knew."""
    new = {
        *tagger.shapes.parameters(),
        *tagger.gaps.parameters(),
        *tagger.classes.parameters(),
        *tagger.out.parameters(),
    }
    old = [each for each in tagger.parameters() if each not in new]
    return [{"params": old, "lr": rate}, {"params": list(new), "lr": 3 * rate}]


def endless(batches: Batches, seed: int) -> Iterator[Batch]:
    """One epoch after the other, each in an order of its own."""
    while True:
        yield from batches.epoch(seed)
        seed += 1
