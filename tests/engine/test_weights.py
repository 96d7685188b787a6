from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from inspector.engine import weights
from inspector.engine.backbones import load_backbone
from inspector.engine.weights import (
    EMBEDDED_BACKBONE,
    WeightsFile,
    find_weights,
    load_weights,
    resolve_weights,
    weights_folder,
)
from inspector.errors import InspectorError

SMALL = "test_resnet.r160_in1k"  # half a million parameters, stages at strides 4, 8 and 16
REPOSITORY = "timm/test_resnet.r160_in1k"
EMBEDDED_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def classifier(name: str = SMALL, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return timm.create_model(name, pretrained=False).eval()  # type: ignore[no-any-return]


def features(name: str = SMALL) -> nn.Module:
    torch.manual_seed(99)
    return timm.create_model(  # type: ignore[no-any-return]
        name, pretrained=False, features_only=True, out_indices=(1, 2, 3)
    ).eval()


def put_into_hub_cache(hub: Path, state: dict[str, Tensor]) -> Path:
    """The hub library's own cache layout: refs, and one folder a revision."""
    root = hub / "models--timm--test_resnet.r160_in1k"
    snapshot = root / "snapshots" / "0123abcd"
    snapshot.mkdir(parents=True)
    (root / "refs").mkdir()
    (root / "refs/main").write_text("0123abcd")
    save_file(state, snapshot / "model.safetensors")
    return snapshot / "model.safetensors"


class MakesAFolder:
    """What an attacker puts into a pickle: unpickling it runs a call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_the_embedded_weights_are_found_with_their_digest(weights_place: Path) -> None:
    found = find_weights(EMBEDDED_BACKBONE)
    assert found is not None
    assert found.origin == "embedded"
    assert found.sha256 == EMBEDDED_SHA256
    assert hashlib.sha256(found.path.read_bytes()).hexdigest() == EMBEDDED_SHA256
    assert find_weights(f"{EMBEDDED_BACKBONE}.in1k") == found


def test_an_altered_embedded_file_is_refused(
    weights_place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = find_weights(EMBEDDED_BACKBONE)
    assert real is not None
    package = tmp_path / "site" / "altered_weights"
    copy = package / "models" / real.path.name
    copy.parent.mkdir(parents=True)
    (package / "__init__.py").touch()
    shutil.copy(real.path, copy)
    with copy.open("r+b") as file:  # one bit of one weight
        file.seek(-1000, os.SEEK_END)
        byte = file.read(1)
        file.seek(-1000, os.SEEK_END)
        file.write(bytes([byte[0] ^ 1]))
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setattr(weights, "_EMBEDDED_PACKAGE", "altered_weights")
    with pytest.raises(InspectorError, match="damaged or was replaced") as caught:
        resolve_weights(EMBEDDED_BACKBONE)
    assert str(copy) in caught.value.message
    assert "Reinstall" in caught.value.hint


def test_without_the_embedded_package_its_weights_may_be_imported(
    weights_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "_EMBEDDED_PACKAGE", "no_such_package_at_all")
    assert find_weights(EMBEDDED_BACKBONE) is None
    file = weights_place / f"{EMBEDDED_BACKBONE}.pth"
    file.write_bytes(b"weights")
    found = find_weights(EMBEDDED_BACKBONE)
    assert found == WeightsFile(file, "imported", hashlib.sha256(b"weights").hexdigest())


def test_the_embedded_file_goes_before_an_imported_one(weights_place: Path) -> None:
    (weights_place / f"{EMBEDDED_BACKBONE}.safetensors").write_bytes(b"weights")
    found = find_weights(EMBEDDED_BACKBONE)
    assert found is not None
    assert found.origin == "embedded"


def test_imported_goes_before_the_hub_cache(weights_place: Path, tmp_path: Path) -> None:
    assert weights_folder() == weights_place
    assert find_weights(SMALL) is None
    cached = put_into_hub_cache(tmp_path / "hub", classifier(seed=1).state_dict())
    found = find_weights(SMALL)
    assert found is not None
    assert (found.path, found.origin) == (cached, "hub cache")
    assert found.sha256 == hashlib.sha256(cached.read_bytes()).hexdigest()

    imported = weights_place / f"{SMALL}.safetensors"
    save_file(classifier(seed=2).state_dict(), imported)
    found = find_weights(SMALL)
    assert found is not None
    assert (found.path, found.origin) == (imported, "imported")
    assert resolve_weights(SMALL) == found


def test_a_weights_file_must_have_the_whole_name_of_its_model(weights_place: Path) -> None:
    """Two sets of weights of one architecture must not stand in for each other."""
    save_file(classifier().state_dict(), weights_place / "test_resnet.safetensors")
    assert find_weights(SMALL) is None


def test_absent_weights_say_what_to_fetch_and_where_to_put_it(weights_place: Path) -> None:
    with pytest.raises(InspectorError, match=f"'{SMALL}'") as caught:
        resolve_weights(SMALL, download=False)
    assert REPOSITORY in caught.value.hint
    assert str(weights_place / f"{SMALL}.safetensors") in caught.value.hint


def test_without_a_connection_the_same_is_said(weights_place: Path) -> None:
    with pytest.raises(InspectorError, match="could not be downloaded") as caught:
        resolve_weights(SMALL)
    assert SMALL in caught.value.message
    assert str(weights_place / f"{SMALL}.safetensors") in caught.value.hint
    assert list(weights_place.iterdir()) == []


def test_random_weights_are_never_used_silently(weights_place: Path) -> None:
    with pytest.raises(InspectorError, match="not on this machine"):
        load_backbone(SMALL)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt", ".bin"])
def test_every_kind_of_file_gives_the_same_weights(weights_place: Path, suffix: str) -> None:
    state = classifier().state_dict()
    file = weights_place / f"{SMALL}{suffix}"
    if suffix == ".safetensors":
        save_file(state, file)
    else:
        torch.save(state, file)
    found = find_weights(SMALL)
    assert found is not None
    assert found.path == file
    model = features()
    load_weights(model, found)
    own = model.state_dict()
    assert own
    assert all(torch.equal(tensor, state[name]) for name, tensor in own.items())


def test_a_training_checkpoint_with_a_state_dict_is_understood(tmp_path: Path) -> None:
    state = classifier().state_dict()
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "w.pth")
    model = features()
    load_weights(model, WeightsFile(tmp_path / "w.pth", "imported", ""))
    assert torch.equal(model.state_dict()["conv1.0.weight"], state["conv1.0.weight"])


@pytest.mark.parametrize("name", [SMALL, "test_efficientnet.r160_in1k", "test_convnext.r160_in1k"])
def test_a_backbone_computes_what_the_classifier_computes(weights_place: Path, name: str) -> None:
    whole = classifier(name)
    save_file(whole.state_dict(), weights_place / f"{name}.safetensors")
    backbone = load_backbone(name)
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        found = backbone(images)
        normalised = (images - backbone.mean) / backbone.std
        expected = whole.forward_intermediates(  # type: ignore[operator]
            normalised, intermediates_only=True, norm=False
        )
    by_size = {feature.shape[-1]: feature for feature in expected}
    for feature in found:
        torch.testing.assert_close(feature, by_size[feature.shape[-1]])


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    save_file(classifier("test_efficientnet.r160_in1k").state_dict(), file)
    with pytest.raises(InspectorError, match="do not fit") as caught:
        load_weights(features(), WeightsFile(file, "imported", ""))
    assert str(file) in caught.value.message
    assert "Replace" in caught.value.hint


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    state = classifier().state_dict()
    state["conv1.0.weight"] = state["conv1.0.weight"][:-1].clone()
    save_file(state, tmp_path / "narrow.safetensors")
    with pytest.raises(InspectorError, match=r"do not fit.*conv1\.0\.weight"):
        load_weights(features(), WeightsFile(tmp_path / "narrow.safetensors", "imported", ""))


def test_a_refused_file_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    state = classifier().state_dict()
    del state["layer1.0.conv1.weight"]
    save_file(state, tmp_path / "short.safetensors")
    model = features()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(InspectorError, match=r"layer1\.0\.conv1\.weight"):
        load_weights(model, WeightsFile(tmp_path / "short.safetensors", "imported", ""))
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_a_pickle_payload_is_refused_and_never_runs(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    state = {"conv1.0.weight": torch.zeros(3), "payload": MakesAFolder(trap)}
    torch.save(state, tmp_path / "evil.pth")
    with pytest.raises(InspectorError, match="cannot be read") as caught:
        load_weights(features(), WeightsFile(tmp_path / "evil.pth", "imported", ""))
    assert "evil.pth" in caught.value.message
    assert "safetensors" in caught.value.hint
    assert not trap.exists()
    torch.load(tmp_path / "evil.pth", weights_only=False)
    assert trap.exists(), "the payload would not have worked anyway"


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x00" * 100])
def test_an_unreadable_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InspectorError, match="cannot be read"):
        load_weights(features(), WeightsFile(tmp_path / name, "imported", ""))


@pytest.mark.parametrize("content", [[torch.zeros(3)], torch.zeros(3), {"state_dict": None}, {}])
def test_a_file_that_holds_no_weights_by_name_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "w.pth")
    with pytest.raises(InspectorError, match=r"w\.pth"):
        load_weights(features(), WeightsFile(tmp_path / "w.pth", "imported", ""))
