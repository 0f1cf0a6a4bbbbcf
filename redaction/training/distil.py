"""Teaching a network that narrows early what a whole one knows: it starts as that one and learns its answers."""

import time

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from redaction.classifier.engine import Engine
from redaction.classifier.network import Given, Size, Tagger
from redaction.classifier.windows import Input
from redaction.training.batches import Batch, Batches
from redaction.training.report import say
from redaction.training.train import Course, endless, loss_of

_WARMUP = 0.04
_LABELLED = 0.3  # what the labels weigh beside the teacher's answers
_TOLD = 50  # steps between two lines
_SAVED = 200
_LEAST = 1e-8


def narrowed(whole: Tagger, wide: int) -> Tagger:
    """The same weights in a network with so many wide layers; sums of kinds stay as they are."""
    old = whole.size
    size = Size(old.pieces, old.layers, wide, old.inner, old.labels, old.hidden, old.heads, old.longest)
    tagger = Tagger(size)
    tagger.use_kind_table(whole.kind_table().detach())
    state = whole.state_dict()
    tagger.load_state_dict({name: state.get(name, value) for name, value in tagger.state_dict().items()})
    return tagger


def distil(student: Tagger, teacher: Engine, batches: Batches, course: Course) -> Tagger:
    """Trains one process's worth of the course; words stay as they are. The result lies in its file too."""
    torch.manual_seed(course.seed)
    student.train().words.requires_grad_(requires_grad=False)
    learning = [parameter for parameter in student.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=course.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    begun = time.monotonic()
    done, told = 0, 0.0
    drawn = endless(batches, course.seed)
    while (spent := max(done / course.steps, (time.monotonic() - begun) / course.seconds)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = course.rate * min(1.0, (spent + 0.001) / _WARMUP) * (1 - spent)
        told += _step(student, teacher, optimiser, next(drawn)) / _TOLD
        nn.utils.clip_grad_norm_(learning, 1.0, foreach=True)
        optimiser.step()
        done += 1
        if done % _TOLD == 0:
            say(f"step {done} {100 * spent:.1f} % divergence {told:.4f}")
            told = 0.0
        if done % _SAVED == 0:
            torch.save(student.state_dict(), course.save)
    torch.save(student.state_dict(), course.save)
    return student.eval()


def _step(student: Tagger, teacher: Engine, optimiser: torch.optim.Optimizer, batch: Batch) -> float:
    """Computes the gradients of one batch; the divergence from the teacher."""
    answers = answers_of(teacher, batch.given)
    with torch.autocast("cpu", torch.bfloat16):
        logits: Tensor = student(batch.given)
    value = divergence(logits, answers, batch.given.carried)
    optimiser.zero_grad(set_to_none=True)
    (value + _LABELLED * loss_of(logits, batch.allowed)).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return value.item()


def divergence(logits: Tensor, answers: Tensor, carried: Tensor) -> Tensor:
    """Mean over the candidates of how far the student is from the teacher; an entity counts twice."""
    there = (torch.arange(logits.shape[1])[None, :] < carried[:, None]).float()
    logs = functional.log_softmax(logits.float(), -1)
    apart = (answers * (answers.clamp(min=_LEAST).log() - logs)).sum(-1)
    weights = there * (2 - answers[..., 0])
    return (apart * weights).sum() / weights.sum()


def answers_of(teacher: Engine, given: Given) -> Tensor:
    """The probabilities that the teacher gives a batch of training."""
    pieces, offsets, kinds, lengths, chosen, carried = (part.numpy() for part in given)
    counts = np.diff(np.append(offsets, len(pieces)))
    whole = Input(pieces, offsets, counts, kinds, lengths.astype(np.int32), chosen, carried.astype(np.int32))
    return torch.from_numpy(teacher.run(whole))
