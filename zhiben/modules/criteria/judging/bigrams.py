"""Likeness by pairs of characters (BM25): what ranks a description that only some of the vocabulary fits."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

_K, _B = 1.2, 0.5


class Bigrams:
    """An index of texts by key."""

    def __init__(self, documents: Mapping[str, Iterable[str]]) -> None:
        counts = {key: Counter(pair for text in texts for pair in pairs_of(text)) for key, texts in documents.items()}
        average = sum(sum(pairs.values()) for pairs in counts.values()) / max(len(counts), 1)
        self._postings: dict[str, list[tuple[str, float]]] = defaultdict(list)
        frequency = Counter(pair for pairs in counts.values() for pair in pairs)
        rarity = {pair: math.log(1 + (len(counts) - seen + 0.5) / (seen + 0.5)) for pair, seen in frequency.items()}
        for key, pairs in counts.items():
            norm = _K * (1 - _B + _B * sum(pairs.values()) / average)
            for pair, count in pairs.items():
                self._postings[pair].append((key, rarity[pair] * count * (_K + 1) / (count + norm)))
        self._best = max(rarity.values(), default=1.0) * (_K + 1)

    def scores(self, text: str) -> dict[str, float]:
        """From 0 to 1 by key: how much of the text's pairs a document has, the rare ones counting most."""
        pairs = set(pairs_of(text))
        totals: dict[str, float] = defaultdict(float)
        for pair in pairs:
            for key, gain in self._postings.get(pair, ()):
                totals[key] += gain
        scale = self._best * max(math.sqrt(len(pairs)) * 2.5, 1.0)
        return {key: min(total / scale, 1.0) for key, total in totals.items()}


def pairs_of(text: str) -> list[str]:
    """Neighbouring characters, without those beside punctuation."""
    return [pair for at in range(len(text) - 1) if (pair := text[at : at + 2]).isalnum()]
