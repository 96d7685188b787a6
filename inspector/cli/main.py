"""`inspector COMMAND …`: the parser, and what becomes of errors."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType

from inspector import __version__
from inspector.cli import (
    annotate,
    bench,
    compare,
    demo,
    doctor,
    evaluate,
    export,
    import_,
    models,
    open_,
    score,
    split,
    train,
)
from inspector.cli.output import EXIT_BUG, EXIT_ERROR, EXIT_INTERRUPTED, Output
from inspector.errors import InspectorError

COMMANDS: tuple[ModuleType, ...] = (
    demo,
    open_,
    import_,
    annotate,
    split,
    train,
    score,
    evaluate,
    compare,
    models,
    export,
    bench,
    doctor,
)

_EPILOG = """\
exit codes: 0 done, 1 an error that you can solve, 2 wrong usage, 3 cancelled,
4 scored, but some images could not be read, 70 a bug in Inspector, 130 interrupted"""


def build_parser() -> argparse.ArgumentParser:
    """The complete parser."""
    parser = argparse.ArgumentParser(
        prog="inspector",
        description="Industrial visual inspection: every product class on one score scale.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"inspector {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        command = module.add_parser(commands)
        command.add_argument(
            "--json", action="store_true", help="print one JSON document instead of text"
        )
        command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str]) -> int:
    """Runs one command. Returns the exit code."""
    options = build_parser().parse_args(arguments)
    output = Output(json=options.json)
    try:
        code: int = options.run(options, output)
    except InspectorError as error:
        output.error(error.message, error.hint)
        return EXIT_ERROR
    except KeyboardInterrupt:
        output.error("Interrupted.", "Nothing that was on disk is lost.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (`inspector models | head`); say nothing more.
        sys.stderr.close()
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001  (a bug: shown whole)
        traceback.print_exc()
        output.error(
            f"{type(error).__name__}: {error}", "This is a bug in Inspector; please report it."
        )
        return EXIT_BUG
    return code
