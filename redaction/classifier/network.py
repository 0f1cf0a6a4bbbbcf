from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from redaction.classifier.units import GAPS, KINDS, LEXICON_CLASSES, SHAPES


@dataclass(frozen=True, slots=True)
class Size:
    """How large a network is; ``longest`` counts units with the two that frame a window.

    ``wide`` layers work on every unit. The next one works on the candidates, but still looks at every unit;
    those above see nothing but candidates.
    """

    pieces: int
    layers: int
    wide: int
    inner: int
    labels: int
    hidden: int = 384
    heads: int = 12
    longest: int = 160


class Given(NamedTuple):
    """What a tagger takes: windows padded with the padding piece, their candidates with the first place.

    ``pieces`` of all units in a row, ``offsets`` where each unit's begin, ``kinds`` [batch, length],
    ``lengths`` [batch], ``chosen`` [batch, most] the places of candidates, ``carried`` [batch] how many.
    """

    pieces: Tensor
    offsets: Tensor
    kinds: Tensor
    lengths: Tensor
    chosen: Tensor
    carried: Tensor


class Tagger(nn.Module):
    """A small encoder over words: each word is the mean of its pieces, and each candidate gets one label.

    Output: logits [batch, most, labels]; what lies beyond the candidates of a window means nothing.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.words = nn.Embedding(size.pieces, size.hidden)
        self.shapes = nn.Embedding(SHAPES, size.hidden)
        self.gaps = nn.Embedding(GAPS, size.hidden)
        self.classes = nn.Embedding(LEXICON_CLASSES, size.hidden)
        self.places = nn.Embedding(size.longest, size.hidden)
        self.norm = nn.LayerNorm(size.hidden, eps=1e-12)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.out = nn.Linear(size.hidden, size.labels)
        self._kinds: Tensor | None = None

    def forward(self, given: Given) -> Tensor:
        """The logits of each window's candidates."""
        batch, length = given.kinds.shape
        bags = functional.embedding_bag(given.pieces, self.words.weight, given.offsets, mode="mean")
        x = self.norm(bags.view(batch, length, -1) + self.kind(given.kinds) + self.places.weight[:length])
        mask = _mask(length, given.lengths)
        for number, layer in enumerate(self.layers):
            if number == self.size.wide:
                x = layer(_rows(x, given.chosen), x, mask)
                mask = _mask(given.chosen.shape[1], given.carried)
            else:
                x = layer(x, x, mask)
        logits: Tensor = self.out(x if self.size.wide < self.size.layers else _rows(x, given.chosen))
        return logits

    def kind(self, kinds: Tensor) -> Tensor:
        """What a unit's shape, gap and lexicon class add; ``kinds`` as ``units`` joins them."""
        if self._kinds is not None:
            table: Tensor = self._kinds[kinds]
            return table
        gaps, rest = kinds % GAPS, kinds // GAPS
        summed: Tensor = self.gaps(gaps) + self.shapes(rest % SHAPES) + self.classes(rest // SHAPES)
        return summed

    def use_kind_table(self, table: Tensor) -> None:
        """Takes the sums from a table instead of the three that were trained."""
        del self.shapes, self.gaps, self.classes
        del self._kinds
        self.register_buffer("_kinds", table)

    def kind_table(self) -> Tensor:
        """The sums for every kind, [KINDS, hidden]."""
        return self.kind(torch.arange(KINDS, device=self.words.weight.device))


def _mask(length: int, lengths: Tensor) -> Tensor:
    """Which places of each window hold something, to be looked at by all heads from all places."""
    return (torch.arange(length, device=lengths.device)[None, :] < lengths[:, None])[:, None, None, :]


def _rows(x: Tensor, chosen: Tensor) -> Tensor:
    """The chosen places of each window, [batch, most, hidden]."""
    return x.gather(1, chosen[..., None].expand(-1, -1, x.shape[-1]))


class Layer(nn.Module):
    """Attention and a rectified inner layer, each followed by a norm, as in BERT."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.mixed = nn.Linear(size.hidden, 3 * size.hidden)
        self.joined = nn.Linear(size.hidden, size.hidden)
        self.norm1 = nn.LayerNorm(size.hidden, eps=1e-12)
        self.inner = nn.Linear(size.hidden, size.inner)
        self.outer = nn.Linear(size.inner, size.hidden)
        self.norm2 = nn.LayerNorm(size.hidden, eps=1e-12)

    def forward(self, x: Tensor, around: Tensor, mask: Tensor) -> Tensor:
        """What becomes of ``x`` that looks at what is ``around``; ``mask`` is true where it may look."""
        hidden = x.shape[-1]
        weight, bias = self.mixed.weight, self.mixed.bias
        query = self._heads(functional.linear(x, weight[:hidden], bias[:hidden]))
        key, value = functional.linear(around, weight[hidden:], bias[hidden:]).chunk(2, -1)
        seen = functional.scaled_dot_product_attention(
            query, self._heads(key), self._heads(value), attn_mask=mask
        )
        x = self.norm1(x + self.joined(seen.transpose(1, 2).reshape(x.shape)))
        rest: Tensor = self.norm2(x + self.outer(functional.relu(self.inner(x))))
        return rest

    def _heads(self, x: Tensor) -> Tensor:
        """[batch, heads, length, size of a head]."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)
