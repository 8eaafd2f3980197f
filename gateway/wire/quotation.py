"""Take out of a partner's sentence what it quotes from a record: the rest may be kept and shown, the quotation not."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONG_NUMBER = re.compile(r"[0-9Xx*]{6,}")
_SHORTEST = 2  # characters: a single one is no quotation


def without_words(sentence: str, words: Iterable[str]) -> str:
    """Return ``sentence`` without these words, and without numbers that could be somebody's."""
    quoted = {word for word in words if len(word) >= _SHORTEST}
    for word in sorted(quoted, key=len, reverse=True):
        sentence = sentence.replace(word, "***")
    return _LONG_NUMBER.sub("***", sentence)
