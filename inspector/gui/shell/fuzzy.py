"""Finding a command by a few of its letters."""

from __future__ import annotations

_START, _RUN, _GAP = 6.0, 4.0, 0.2


def match(query: str, text: str) -> tuple[float, tuple[int, ...]] | None:
    """How well the letters of `query` occur in `text`, in this order; None where they do not.

    Each word of the query is looked for by itself. Letters at the start of a word and letters in a
    row count more; of equal matches the shorter text wins.

    Returns:
        The score, higher is better, and the places of the letters in `text`.
    """
    score, places = -0.05 * len(text), list[int]()
    for word in query.casefold().split():
        found = _match_word(word, text.casefold())
        if found is None:
            return None
        score += found[0]
        places += found[1]
    return score, tuple(sorted(set(places)))


def _match_word(word: str, text: str) -> tuple[float, list[int]] | None:
    """The best of the matches that begin at each occurrence of the first letter."""
    best: tuple[float, list[int]] | None = None
    for start, letter in enumerate(text):
        if letter != word[0]:
            continue
        found = _match_from(word, text, start)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    return best


def _match_from(word: str, text: str, start: int) -> tuple[float, list[int]] | None:
    score, places, place = 0.0, list[int](), start
    for letter in word:
        found = text.find(letter, place)
        if found < 0:
            return None
        if found == 0 or not text[found - 1].isalnum():
            score += _START
        elif places and found == places[-1] + 1:
            score += _RUN
        score += 1.0 - (_GAP * (found - places[-1] - 1) if places else 0.0)
        places.append(found)
        place = found + 1
    return score, places
