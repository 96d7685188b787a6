"""`inspector annotate`: painted defects in and out, and into a trained model at once."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path
from typing import Any

from inspector.cli import learn
from inspector.cli.output import EXIT_DONE, Output
from inspector.cli.projects import add_project_argument, opened
from inspector.errors import InspectorError
from inspector.project.exchange.transfer import FORMATS, AnnotationImport

_FORMATS = "formats:\n" + "\n".join(f"  {name:9} {words}" for name, words in FORMATS.items())


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The subcommand's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "annotate",
        help="import, export or learn painted defects",
        description="Masks that people painted: from and for other programs, or taken into a "
        "trained model at once.",
        epilog=_FORMATS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True, dest="action")
    for action, help_text in (
        ("import", "take over masks; all of them or, if anything is wrong, none"),
        ("export", "write masks"),
    ):
        _add_action(actions, action, help_text)
    help_text = "take all masks into a trained model at once, and score all images with it"
    learning = actions.add_parser("learn", help=help_text, description=help_text.capitalize())
    learn.add_arguments(learning)
    _add_json(learning)
    return parser


def run(options: argparse.Namespace, output: Output) -> int:
    """Imports or exports, and says what."""
    if options.action == "learn":
        return learn.run(options, output)
    if options.action == "import":
        with opened(options.project) as project:
            imported = project.import_annotations(
                options.path, options.operator or _user(), options.format
            )
        output.result(imported)
        _say_imported(imported, output)
        return EXIT_DONE
    if options.polygons and options.format != "labelme":
        raise InspectorError(
            f"--polygons is for labelme, not for {options.format}.", "Leave it out."
        )
    with opened(options.project) as project:
        exported = project.export_annotations(
            options.target, options.format, polygons=options.polygons
        )
    output.result(exported)
    output.plain(
        f"{_count(exported.masks, 'mask')} on {_count(exported.images, 'image')} exported to "
        f"{exported.target}: {', '.join(exported.types)}."
    )
    return EXIT_DONE


def _add_action(actions: Any, action: str, help_text: str) -> None:
    parser = actions.add_parser(
        action,
        help=help_text,
        epilog=_FORMATS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_project_argument(parser)
    _add_json(parser)
    if action == "import":
        parser.add_argument("path", type=Path, metavar="FILE_OR_FOLDER", help="what to import")
        parser.add_argument(
            "--format", choices=list(FORMATS), help="force a format (default: recognised by itself)"
        )
        parser.add_argument("--operator", help="who painted the masks (default: your user name)")
        return
    parser.add_argument(
        "target", type=Path, metavar="TARGET", help="file (coco) or new folder (png, labelme)"
    )
    parser.add_argument("--format", choices=list(FORMATS), required=True, help="what to write")
    parser.add_argument(
        "--polygons",
        action="store_true",
        help="labelme: outlines that can be edited there, instead of masks",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    # Not to be overwritten by what was given before the action.
    parser.add_argument(
        "--json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print one JSON document instead of text",
    )


def _say_imported(imported: AnnotationImport, output: Output) -> None:
    output.plain(
        f"{_count(imported.masks, 'mask')} on {_count(imported.images, 'image')} read from "
        f"{imported.source} ({imported.format})."
    )
    if imported.identical:
        output.plain(f"Painted exactly so already: {imported.identical} of them.")
    new = set(imported.new_types)
    names = [f"{name} (new)" if name in new else name for name in imported.types]
    output.plain(f"Defect types: {', '.join(names)}.")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no user name known to the system
        return "operator"
