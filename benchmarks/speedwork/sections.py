"""What is measured: each section starts both sides afresh, so that peak memory is its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from speedwork.pictures import write_maps, write_photographs
from speedwork.sides import Lane, Side, in_turns

EMBEDDED = "tf_efficientnet_lite0"


@dataclass(frozen=True)
class Sizes:
    """How much is done.

    Attributes:
        image: Input size in pixels.
        photograph: Side of the files in pixels.
        images: Files that are scored, per format.
        batch: Images at once; of the large backbone a quarter.
        bank: Entries of the memory bank.
        patch_images: Images whose patches are covered and searched.
        picks: Centres of the coreset.
        maps: Maps that metrics are computed of.
        residual: Backbone for reverse distillation: anomalib has decoders for resnets only.
        formats: Of the photographs.
    """

    image: int = 256
    photograph: int = 1024
    images: int = 32
    batch: int = 16
    bank: int = 8192
    patch_images: int = 24
    picks: int = 1000
    maps: int = 100
    residual: str = "wide_resnet50_2"
    formats: tuple[str, ...] = ("png", "jpg")


QUICK = Sizes(64, 128, 4, 2, 100, 4, 20, 4, "resnet18", ("png",))


@dataclass(frozen=True)
class Row:
    """A line of the table. `unit` times the seconds is what is shown."""

    what: str
    ours: Lane
    peer: Lane | None = None
    bare: Lane | None = None
    parts: int = 1
    note: str = ""


@dataclass
class Section:
    """What a section found."""

    rows: list[Row]
    memory: tuple[float, float | None] | None = None


@dataclass(frozen=True)
class Bench:
    """How to measure.

    Attributes:
        start: Starts "ours" or "peer"; None where there is no such side.
        folder: For the files.
        sizes: How much.
        turns: How often.
        images: A folder of the user's own photographs; None to make some.
    """

    start: Callable[[str], Side | None]
    folder: Path
    sizes: Sizes
    turns: int
    images: Path | None

    @contextlib.contextmanager
    def sides(self) -> Iterator[tuple[Side, Side | None]]:
        """Both, fresh."""
        with contextlib.ExitStack() as stack:
            ours, peer = self.start("ours"), self.start("peer")
            assert ours is not None
            stack.enter_context(ours)
            if peer is not None:
                stack.enter_context(peer)
            yield ours, peer

    def photographs(self, suffix: str) -> Path:
        """A folder with files of one format."""
        if self.images is not None:
            return self.images
        side, count = self.sizes.photograph, max(self.sizes.images, self.sizes.patch_images)
        folder = self.folder / f"{suffix}-{side}-{count}"
        write_photographs(folder, suffix, side, count)
        return folder


def _lane(side: Side, what: str, label: str, **arguments: object) -> Lane:
    side.prepare(what, label, arguments)
    return Lane(label, side)


def scoring(bench: Bench, method: str, backbone: str, *, against: bool = True) -> Section:
    """Files to aligned scores and maps, many and one."""
    sizes = bench.sizes
    small = backbone == EMBEDDED
    rows = []
    limit = bench.start("ours")  # by itself, as its memory is not that of scoring
    assert limit is not None
    with bench.sides() as (ours, peer), limit:
        for suffix in ("your files",) if bench.images else sizes.formats:
            folder = str(bench.photographs(suffix))
            for count in (sizes.images if small else max(2, sizes.images // 4), 1):
                batch = min(count, sizes.batch if small else max(2, sizes.batch // 4))
                shared = {"folder": folder, "backbone": backbone, "size": sizes.image}
                shared |= {"batch": batch, "count": count}
                model = shared | {"method": method, "bank": sizes.bank}
                key = f"{suffix} {count}"
                own = _lane(ours, "scoring", f"{key} scoring", **model)
                bare = _lane(limit, "bare", f"{key} bare", **shared)
                other = None
                if peer is not None and against:
                    other = _lane(peer, "scoring", f"{key} scoring", **model)
                lanes = [lane for lane in (own, other, bare) if lane]
                in_turns(lanes, bench.turns)
                for lane in lanes:
                    lane.side.forget(lane.label)
                many = f"scoring, {count} images in batches of {batch}"
                what = f"{method} {backbone}, {suffix}: {many if count > 1 else 'one image alone'}"
                share = bare.value["decode"] / (bare.value["decode"] + bare.value["forward"])
                rows.append(Row(what, own, other, bare, count, f"{share:.0%} of it decoding"))
        return Section(rows, (ours.peak_mb, peer.peak_mb if peer and against else None))


def training(bench: Bench) -> Section:
    """A step of reverse distillation."""
    sizes = bench.sizes
    rows = []
    with bench.sides() as (ours, peer):
        large = (sizes.residual, max(2, sizes.batch // 4))
        for backbone, batch in ((EMBEDDED, sizes.batch), large):
            shared = {"backbone": backbone, "size": sizes.image, "batch": batch, "steps": 2}
            cached = _lane(ours, "training", f"{backbone} cached", cached=True, **shared)
            fresh = _lane(ours, "training", f"{backbone} fresh", cached=False, **shared)
            other = None
            if peer is not None and backbone == sizes.residual:  # it has decoders for resnets only
                other = _lane(peer, "training", backbone, **shared)
            in_turns([lane for lane in (cached, fresh, other) if lane], bench.turns)
            what = f"revdist {backbone}: training step of {batch}"
            rows.append(Row(f"{what}, features cached", cached, other, parts=2))
            rows.append(Row(f"{what}, backbone's pass counted", fresh, other, parts=2))
        return Section(rows, (ours.peak_mb, peer.peak_mb if peer else None))


def _write_patches(bench: Bench, ours: Side) -> tuple[str, int]:
    file = str(bench.folder / "patches.npy")
    folder, sizes = str(bench.photographs("png")), bench.sizes
    shared = {"backbone": EMBEDDED, "size": sizes.image, "count": sizes.patch_images}
    ours.prepare("patches", "patches", {"folder": folder, "out": file} | shared)
    return file, ours.do("patches").value[0]


def coreset(bench: Bench) -> Section:
    """Greedy covers of the patches of real feature maps."""
    picks = bench.sizes.picks
    with bench.sides() as (ours, _):
        file, total = _write_patches(bench, ours)
    with bench.sides() as (ours, peer):
        shared = {"points": file, "count": picks}
        own = _lane(ours, "coreset", "coreset", width=128, **shared)
        plain = _lane(ours, "plain_coreset", "plain", width=128, **shared)
        other = _lane(peer, "coreset", "coreset", **shared) if peer else None
        lanes = [lane for lane in (own, plain, other) if lane]
        in_turns(lanes, bench.turns)
        memory = (ours.peak_mb, peer.peak_mb if peer else None)
        radii = {}
        for lane in lanes:
            ours.prepare("covering_radius", "radius", {"points": file, "chosen": lane.value})
            radii[id(lane)] = ours.do("radius").value
    said = f"covering radius {radii[id(own)]:.3f}, plain {radii[id(plain)]:.3f}"
    if other:
        said += f", anomalib {radii[id(other)]:.3f}"
    what = f"coreset: {picks} of {total:,} patches"
    return Section([Row(what, own, other, note=said), Row("the same, plain greedy", plain)], memory)


def neighbours(bench: Bench) -> Section:
    """Exact nearest neighbours of patches."""
    with bench.sides() as (ours, peer):
        file, total = _write_patches(bench, ours)
        bank = min(bench.sizes.bank, total // 2)
        shared = {"points": file, "bank": bank}
        lanes = {
            by: _lane(ours, "nearest_neighbours", by, by=by, **shared)
            for by in ("ours", "cdist", "scikit-learn")
        }
        other = _lane(peer, "nearest_neighbours", "nearest", **shared) if peer else None
        in_turns([*lanes.values(), *([other] if other else [])], bench.turns)
    what = f"nearest of {bank:,} entries to {total - bank:,} patches"
    own = lanes.pop("ours")
    rows = [Row(what, own, other)]
    rows += [Row(f"the same, {by}", lane) for by, lane in lanes.items()]
    return Section(rows)


def metrics(bench: Bench) -> Section:
    """Pixel metrics of many maps."""
    sizes = bench.sizes
    file = bench.folder / "maps.npz"
    write_maps(file, sizes.maps, sizes.image)
    with bench.sides() as (ours, peer):
        own = _lane(ours, "metrics", "metrics", maps=str(file))
        other = _lane(peer, "metrics", "metrics", maps=str(file)) if peer else None
        in_turns([own, *([other] if other else [])], bench.turns)
        said = "AUROC {auroc:.5f}, AUPRO {aupro:.5f}".format(**own.value)
        if other:
            said += "; anomalib {auroc:.5f}, {aupro:.5f}".format(**other.value)
        what = f"AUROC and AUPRO (ours also AP, F1-max) of {sizes.maps} maps of {sizes.image}²"
        memory = (ours.peak_mb, peer.peak_mb if peer else None)
    return Section([Row(what, own, other, note=said)], memory)


SECTIONS: dict[str, Callable[[Bench], Section]] = {
    "patchcore": lambda bench: scoring(bench, "patchcore", EMBEDDED),
    "revdist": lambda bench: scoring(bench, "revdist", bench.sizes.residual),
    "revdist-lite0": lambda bench: scoring(bench, "revdist", EMBEDDED, against=False),
    "training": training,
    "coreset": coreset,
    "nearest": neighbours,
    "metrics": metrics,
}
