"""The command line: `tcm VERB`. One small file a verb: options in, one call, nothing else."""

import sys
from typing import NoReturn

from tcmkit import language


def main() -> NoReturn:
    """Entry point of the console scripts `tcm` and `tcmkit`; ends with the exit status of the verb."""
    _use_utf8()
    _choose_language(sys.argv)
    from tcmkit.cli.app import run

    sys.exit(run())


def _use_utf8() -> None:
    """UTF-8 on all three streams, whatever the locale."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace" if stream is sys.stderr else "strict")


def _choose_language(arguments: list[str]) -> None:
    """Help texts are chosen when the verbs are imported, so --lang is looked for before that."""
    for position, argument in enumerate(arguments):
        value = arguments[position + 1] if argument == "--lang" and position + 1 < len(arguments) else ""
        if argument.startswith("--lang="):
            value = argument.removeprefix("--lang=")
        if value == "zh":
            language.use("zh")
        elif value == "en":
            language.use("en")
