"""The formats that a model can be exported to, and what they need to be installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.errors import InspectorError
from inspector.jobs.extras import install_hint, not_found

DESCRIPTION_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format.

    Attributes:
        name: As the command line has it.
        title: For people.
        suffix: Of its main file.
        packages: That write it and run it; the extra `export` has them all.
        run_with: Options of its runtime without which scores would differ.
    """

    name: str
    title: str
    suffix: str
    packages: tuple[str, ...]
    run_with: tuple[tuple[str, str], ...] = ()

    def require_packages(self) -> None:
        """Raises InspectorError where a package is missing; loads none of them."""
        missing = not_found(self.packages)
        if missing:
            raise self.unusable(f"{' and '.join(missing)} cannot be found")

    def unusable(self, reason: str) -> InspectorError:
        """The error for an installation that lacks something."""
        return InspectorError(
            f"Exporting to {self.title} needs packages that are not installed ({reason}).",
            install_hint("export"),
        )

    def file(self, chosen: Path) -> Path:
        """The main file for what somebody chose, absolute, with the format's suffix.

        Raises:
            InspectorError: Its folder does not exist, it is a folder itself, or its suffix is that
                of another format.
        """
        file = chosen.expanduser().absolute()
        for other in EXPORT_FORMATS.values():
            if other is not self and file.suffix.lower() == other.suffix:
                raise InspectorError(
                    f"'{file.name}' is a name for {other.title}, not for {self.title}.",
                    f"Choose a name that ends in {self.suffix}, or the format '{other.name}'.",
                )
        if file.suffix.lower() != self.suffix:
            file = file.with_name(file.name + self.suffix)
        if not file.parent.is_dir():
            raise InspectorError(
                f"The folder of '{file}' does not exist.", "Make it, or choose another file."
            )
        if file.is_dir():
            raise InspectorError(f"'{file}' is a folder.", "Choose another file.")
        return file


EXPORT_FORMATS = {
    made.name: made
    for made in (
        ExportFormat("onnx", "ONNX", ".onnx", ("onnx", "onnxruntime")),
        ExportFormat(
            "openvino",
            "OpenVINO",
            ".xml",
            ("onnx", "openvino"),
            # By itself it computes in bfloat16 where the processor can.
            (("INFERENCE_PRECISION_HINT", "f32"),),
        ),
    )
}


def find_format(name: str) -> ExportFormat:
    """The format of this name.

    Raises:
        InspectorError: There is none.
    """
    try:
        return EXPORT_FORMATS[name]
    except KeyError as error:
        raise InspectorError(
            f"There is no export format '{name}'.", f"Use one of: {', '.join(EXPORT_FORMATS)}."
        ) from error
