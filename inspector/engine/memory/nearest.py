"""Exact nearest neighbours by blocked matrix products."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

# Queries × entries at once: they bound the largest temporary.
_AT_ONCE = (2048, 8192)  # 64 MiB of float32
_AT_ONCE_ON_CPU = (512, 2048)  # 4 MiB, which its cache holds: it is twice as fast
_AT_ONCE_IN_A_GRAPH = 2048  # entries; the queries go through as one
_GROUP = 64


class Nearest(NamedTuple):
    """For each query the nearest entry: Euclidean distance (Q,) float32, and its row (Q,) int64."""

    distance: Tensor
    row: Tensor


@torch.no_grad()
def nearest(queries: Tensor, entries: Tensor, skip: Tensor | None = None) -> Nearest:
    """The nearest of `entries` (N, C) to each of `queries` (Q, C), always in float32.

    Args:
        queries: At least one, any floating type, on any device.
        entries: At least one, on the same device; a float16 bank is widened block by block.
        skip: (Q,) the row of the one entry that a query must not find; −1 for none.

    Returns:
        Of entries at the same distance the first, as far as rounding tells them apart.

    Raises:
        ValueError: There is no entry.
    """
    if len(entries) == 0:
        raise ValueError("there is no entry to be near to")
    if torch.onnx.is_in_onnx_export():
        return _in_a_graph(queries, entries)
    some_queries, some_entries = _AT_ONCE_ON_CPU if queries.device.type == "cpu" else _AT_ONCE
    with torch.autocast(queries.device.type, enabled=False):
        best = torch.full((len(queries),), torch.inf, device=queries.device)
        rows = torch.zeros(len(queries), dtype=torch.int64, device=queries.device)
        for start in range(0, len(entries), some_entries):
            block = entries[start : start + some_entries].float()
            spare = -len(block) % _GROUP
            squares = F.pad(block.square().sum(dim=1), (0, spare), value=torch.inf)
            block = F.pad(block, (0, 0, 0, spare))
            for first in range(0, len(queries), some_queries):
                part = slice(first, first + some_queries)
                # |q|² is the same for all entries: it does not decide.
                found = torch.addmm(squares, queries[part].float(), block.T, alpha=-2)
                if skip is not None:
                    _forbid(found, skip[part] - start)
                value, row = _least(found)
                closer = value < best[part]
                best[part] = torch.where(closer, value, best[part])
                rows[part] = torch.where(closer, row + start, rows[part])
        return Nearest(_distances(queries, entries, rows, some_queries), rows)


def _least(found: Tensor) -> tuple[Tensor, Tensor]:
    """The least of each row of (Q, N) and its place, by groups: asked for the place, torch takes
    ten times as long."""
    groups = found.view(len(found), -1, _GROUP)
    value, group = groups.amin(dim=2).min(dim=1)
    inside = groups[torch.arange(len(found), device=found.device), group]
    return value, group * _GROUP + inside.argmin(dim=1)


def _in_a_graph(queries: Tensor, entries: Tensor) -> Nearest:
    """The same for an exported graph, which must not fix the number of queries."""
    wide = queries.float()
    found = torch.jit.script(_rows_by_blocks)(wide, entries, _AT_ONCE_IN_A_GRAPH)
    return Nearest((wide - entries[found].float()).norm(dim=1), found)


def _rows_by_blocks(queries: Tensor, entries: Tensor, at_once: int) -> Tensor:
    """Compiled, not traced, so that the graph has a loop: a runtime computes blocks that stand
    beside each other all before it compares any, and would hold every distance at once."""
    best = torch.full((queries.shape[0],), torch.inf, device=queries.device)
    rows = torch.zeros((queries.shape[0],), dtype=torch.int64, device=queries.device)
    for number in range((entries.shape[0] + at_once - 1) // at_once):
        start = number * at_once
        block = entries[start : start + at_once].float()
        squares = block.square().sum(dim=1)
        value, row = torch.addmm(squares, queries, block.T, alpha=-2.0).min(dim=1)
        closer = value < best
        best = torch.where(closer, value, best)
        rows = torch.where(closer, row + start, rows)
    return rows


def _forbid(found: Tensor, places: Tensor) -> None:
    queries = torch.nonzero((places >= 0) & (places < found.shape[1])).squeeze(1)
    found[queries, places[queries]] = torch.inf


def _distances(queries: Tensor, entries: Tensor, rows: Tensor, at_once: int) -> Tensor:
    """From the differences: the products above lose the last digits of small distances."""
    parts = [
        (queries[start : start + at_once].float() - entries[found].float()).norm(dim=1)
        for start, found in zip(
            range(0, len(rows), at_once), torch.split(rows, at_once), strict=True
        )
    ]
    return torch.cat(parts)
