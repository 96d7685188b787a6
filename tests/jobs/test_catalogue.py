from __future__ import annotations

import subprocess
import sys

import pytest

from inspector.errors import InspectorError
from inspector.jobs.catalogue import (
    METHODS,
    Method,
    find_method,
    find_preset,
    load_object,
    resolve_parameters,
)
from inspector.jobs.parameters import (
    AlignmentParameters,
    CommonParameters,
    DmadParameters,
    RevDistParameters,
)
from inspector.jobs.validation import parameter_names

REVDIST = METHODS["revdist"]
EVERY_PRESET = [(method, preset.name) for method in METHODS.values() for preset in method.presets]


def test_reading_the_catalogue_does_not_import_torch() -> None:
    code = "import sys, inspector.jobs.catalogue; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_method_is_described() -> None:
    for name, method in METHODS.items():
        assert method.name == name
        assert method.title
        assert method.sentence.endswith(".")
        assert method.needs.endswith(".")
        assert method.presets
        assert len({preset.name for preset in method.presets}) == len(method.presets)
        assert all(preset.sentence.endswith(".") for preset in method.presets)


@pytest.mark.parametrize(("method", "preset"), EVERY_PRESET)
def test_every_preset_is_valid(method: Method, preset: str) -> None:
    made = resolve_parameters(method, preset, {})
    assert isinstance(made.common, CommonParameters)
    assert isinstance(made.alignment, AlignmentParameters)
    assert isinstance(made.method, method.parameters)


def test_quick_needs_no_download_and_paper_is_the_papers() -> None:
    quick = resolve_parameters(REVDIST, "quick", {})
    paper = resolve_parameters(REVDIST, "paper", {})
    assert quick.common.backbone == "tf_efficientnet_lite0"
    assert paper.common.backbone == "wide_resnet50_2.tv_in1k"
    assert paper.method == RevDistParameters()
    assert paper.alignment == AlignmentParameters()
    assert quick.method.iterations < paper.method.iterations


def test_the_memory_banks_score_by_the_top_five_patches() -> None:
    for method in (METHODS["dmad"], METHODS["patchcore"]):
        for preset in method.presets:
            common = resolve_parameters(method, preset.name, {}).common
            patches = (common.image_size // 8) ** 2
            assert common.score_percent == pytest.approx(100 * 5 / patches, abs=0.005)


def test_dmads_paper_preset_is_the_papers() -> None:
    paper = resolve_parameters(METHODS["dmad"], "paper", {})
    assert paper.method == DmadParameters(distance=False, likeness=False)  # ours
    assert paper.common.image_size == 224  # 784 patches
    assert [name for name, method in METHODS.items() if method.learns_from_defects] == ["dmad"]


def test_recontrasts_and_uniads_paper_presets_are_the_papers() -> None:
    contrast = resolve_parameters(METHODS["recontrast"], "paper", {})
    assert contrast.common.backbone == "wide_resnet50_2.tv_in1k"
    assert (contrast.method.iterations, contrast.method.batch_size) == (5000, 16)
    assert (contrast.method.learning_rate, contrast.method.encoder_rate) == (2e-3, 1e-5)
    assert (contrast.method.hardness, contrast.method.batch_norm) == (1.0, "frozen")
    uniad = resolve_parameters(METHODS["uniad"], "paper", {})
    assert (uniad.common.backbone, uniad.common.image_size) == ("tf_efficientnet_b4", 224)
    assert (uniad.method.iterations, uniad.method.batch_size) == (50_000, 64)
    assert (uniad.method.learning_rate, uniad.method.weight_decay) == (3e-4, 1e-4)
    assert (uniad.method.gradient_clip, uniad.method.jitter) == (0.1, 20.0)
    assert uniad.alignment.iterations == 20_000


def test_dinomalys_paper_preset_is_the_papers_without_its_crop() -> None:
    paper = resolve_parameters(METHODS["dinomaly"], "paper", {})
    assert paper.common.backbone == "vit_base_patch14_reg4_dinov2.lvd142m"
    assert (paper.common.image_size, paper.common.score_percent) == (448, 1.0)
    assert (paper.method.iterations, paper.method.batch_size) == (10_000, 16)
    assert (paper.method.learning_rate, paper.method.final_rate) == (2e-3, 2e-4)
    assert (paper.method.weight_decay, paper.method.gradient_clip) == (1e-4, 0.1)
    assert (paper.method.dropout, paper.method.easy_share) == (0.2, 0.9)
    for preset in METHODS["dinomaly"].presets:  # whole patches of 14 pixels: nothing is rescaled
        assert preset.common["image_size"] % 14 == 0


def test_changes_go_to_the_group_that_they_name() -> None:
    changes = {"image_size": 64, "alignment.folds": 5, "revdist.iterations": 7}
    made = resolve_parameters(REVDIST, "quick", changes)
    plain = resolve_parameters(REVDIST, "quick", {})
    assert made.common.image_size == 64
    assert made.alignment.folds == 5
    assert made.method.iterations == 7
    assert made.alignment.iterations == plain.alignment.iterations
    assert made.method.batch_size == plain.method.batch_size


def test_changes_do_not_stick_to_the_preset() -> None:
    before = resolve_parameters(REVDIST, "quick", {})
    resolve_parameters(REVDIST, "quick", {"image_size": 64, "revdist.iterations": 7})
    assert resolve_parameters(REVDIST, "quick", {}) == before


@pytest.mark.parametrize(
    ("changes", "in_message", "in_hint"),
    [
        ({"imagesize": 64}, "imagesize", "image_size"),
        ({"image_size": 65}, "image_size", "a multiple of 32"),
        ({"alignment.folds": 1}, "alignment.folds", "at least 2"),
        ({"alignment.statistics": "none"}, "alignment.statistics", "cross-fitted"),
        ({"revdist.iterations": "many"}, "revdist.iterations", "a whole number"),
        ({"dmad.epochs": 5}, "a parameter of the method dmad; this is revdist", "revdist."),
        ({"color.epochs": 5}, "no parameter group 'color'", "revdist."),
        ({"revdist.decoder.depth": 5}, "revdist.decoder", "revdist."),
    ],
)
def test_bad_changes_say_which_and_what_fits(
    changes: dict[str, object], in_message: str, in_hint: str
) -> None:
    with pytest.raises(InspectorError) as caught:
        resolve_parameters(REVDIST, "quick", changes)
    assert in_message in caught.value.message
    assert in_hint in caught.value.hint


def test_unknown_methods_and_presets_list_what_there_is() -> None:
    with pytest.raises(InspectorError, match="'revdits'") as caught:
        find_method("revdits")
    assert "revdist" in caught.value.hint
    with pytest.raises(InspectorError, match="'fast'") as caught:
        find_preset(REVDIST, "fast")
    assert "quick" in caught.value.hint
    assert "paper" in caught.value.hint
    assert find_method("revdist") is REVDIST
    assert find_preset(REVDIST, "paper").name == "paper"


def test_parameter_names_are_dotted() -> None:
    names = parameter_names(AlignmentParameters, "alignment.")
    assert "alignment.folds" in names
    assert len(names) == len(AlignmentParameters.__struct_fields__)


def test_load_object_imports_what_is_named() -> None:
    loaded = load_object("inspector.jobs.parameters:RevDistParameters")
    assert loaded is RevDistParameters
