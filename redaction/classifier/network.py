from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from redaction.classifier.units import GAPS, KINDS, LEXICON_CLASSES, SHAPES


@dataclass(frozen=True, slots=True)
class Size:
    """How large a network is; ``longest`` counts units with the two that frame a window."""

    pieces: int
    layers: int
    inner: int
    labels: int
    hidden: int = 384
    heads: int = 12
    longest: int = 160


class Tagger(nn.Module):
    """A small encoder over words: each word is the mean of its pieces, and gets one label.

    Input: ``pieces`` of all units in a row, ``offsets`` where each unit's begin, ``kinds`` [batch, length]
    and ``lengths`` [batch].
    Output: logits [batch, length, labels]; what lies beyond a window's length means nothing.
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

    def forward(self, pieces: Tensor, offsets: Tensor, kinds: Tensor, lengths: Tensor) -> Tensor:
        """Windows are padded with the padding piece."""
        batch, length = kinds.shape
        bags = functional.embedding_bag(pieces, self.words.weight, offsets, mode="mean")
        x = bags.view(batch, length, -1) + self.kind(kinds) + self.places.weight[:length]
        mask = torch.arange(length, device=kinds.device)[None, :] < lengths[:, None]
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
        logits: Tensor = self.out(x)
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
        return self.kind(torch.arange(KINDS, device=self.gaps.weight.device))


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

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``mask`` is true where a unit may be looked at."""
        batch, length, hidden = x.shape
        query, key, value = self.mixed(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = self.norm1(x + self.joined(seen.transpose(1, 2).reshape(batch, length, hidden)))
        rest: Tensor = self.norm2(x + self.outer(functional.relu(self.inner(x))))
        return rest
