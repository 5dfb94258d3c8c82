"""The command line: `tcm VERB`. One small file a verb: options in, one call, nothing else."""

import os
import sys
from typing import NoReturn, TextIO

from tcmkit import language


def main() -> NoReturn:
    """Entry point of the console scripts `tcm` and `tcmkit`; ends with the exit status of the verb."""
    _open_closed_streams()
    stdout = sys.stdout
    _use_utf8()
    _choose_language(sys.argv)
    try:
        from tcmkit.cli.app import run

        status = run()
    except KeyboardInterrupt:  # while modules were loading
        status = _INTERRUPTED
    _leave(status, stdout)


_FAILED, _INTERRUPTED = 1, 130


def _open_closed_streams() -> None:
    """Stand in for a stream that the caller closed (`2>&-`): else our first file would get its number.

    Nothing can be read from the stand-in for stdin. The one for stdout cannot be written, which is an error like
    a full disk; messages meant for a closed stderr are lost, as was asked for.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            mode = "w" if name == "stderr" else "r"
            descriptor = os.open(os.devnull, os.O_WRONLY if mode == "w" else os.O_RDONLY)
            if descriptor != number:
                os.dup2(descriptor, number)
            stream = open(number, "r" if name == "stdin" else "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _leave(status: int, stdout: TextIO) -> NoReturn:
    """End the process. What stdout could not take is an error, unless its reader has simply gone (`| head`)."""
    try:
        stdout.flush()
    except OSError as error:
        # What could not be written would fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"tcm: {language.both('cannot write', '无法写入')} stdout: {error.strerror}", file=sys.stderr)
            status = _FAILED
    sys.exit(status)


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
