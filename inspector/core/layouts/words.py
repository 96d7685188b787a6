"""What folder names say: the part of the data set, and whether the parts in it are good."""

from __future__ import annotations

import re

from inspector.core.samples import Split, Truth

_SPLITS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
}


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", name.casefold()))


_GOOD = _words("good ok okay normal pass passed perfect intact flawless defectless io gut")
_BAD = _words(
    "bad ko ng nok nio defect defects defective anomaly anomalies anomalous abnormal "
    "fault faults faulty fail failed failure reject rejects rejected flawed "
    "fehler defekt schlecht ausschuss"
)
_KINDS = _words(
    "bent broken burr chipped contaminated contamination corroded corrosion crack cracked cracks "
    "damage damaged deformed dent dented dents dirty hole holes misaligned misplaced missing rust "
    "rusty scratch scratched scratches stain stained stains torn worn"
)
_NEGATIONS = _words("no not non without free")


def split_of(name: str) -> Split | None:
    """The part of the data set that a folder of this name holds; None for any other name."""
    return _SPLITS.get(name.casefold())


def truth_of(name: str) -> Truth:
    """What a folder's name says of the parts in it, such as "good", "not_ok", "scratch_head"."""
    return _judge(_words(name), _BAD | _KINDS)


def judges(name: str) -> bool:
    """Whether the name is only a judgement ("good", "NG"), so that it cannot be a product's."""
    words = _words(name)
    return words <= _GOOD | _BAD | _NEGATIONS and _judge(words, _BAD) is not Truth.UNKNOWN


def _judge(words: frozenset[str], bad: frozenset[str]) -> Truth:
    if bool(words & _GOOD) == bool(words & bad):
        return Truth.UNKNOWN
    says_good = bool(words & _GOOD) != bool(words & _NEGATIONS)
    return Truth.GOOD if says_good else Truth.DEFECTIVE
