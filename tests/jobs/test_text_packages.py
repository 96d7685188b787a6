"""What the text side needs is known before a training starts."""

from __future__ import annotations

from importlib.machinery import ModuleSpec

import pytest

from inspector.errors import InspectorError
from inspector.jobs import extras
from inspector.jobs.text_packages import missing_packages, require_packages

LITE, CLIP = "tf_efficientnet_lite0", "openclip-RN50.openai"


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without extras."""
    monkeypatch.setattr(extras, "find_spec", lambda name: None)


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize(("backbone", "names"), [(LITE, True), (CLIP, True), (CLIP, False)])
def test_one_sentence_says_what_to_install(backbone: str, names: bool) -> None:
    with pytest.raises(InspectorError, match="not installed") as caught:
        require_packages(backbone, names_classes=names)
    assert "[ltad]" in caught.value.hint


@pytest.mark.usefixtures("nothing")
def test_other_methods_need_nothing_of_it() -> None:
    assert missing_packages(LITE, names_classes=False) == ()
    require_packages(LITE, names_classes=False)


def test_an_installed_package_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: ModuleSpec(name, None))
    assert missing_packages(LITE, names_classes=True) == ()
