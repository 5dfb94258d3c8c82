"""The program `tcm`: its verbs, its version, and how errors end."""

import sys
from typing import Annotated

import typer

from tcmkit import __version__, errors
from tcmkit.cli import clean_tqs, doctor, gen_qa, ingest, schema
from tcmkit.cli.pipe import Language
from tcmkit.errors import TcmError
from tcmkit.language import both

HELP = both(
    "Turn Traditional Chinese Medicine text into training data.",
    "把中医文本变成训练数据。",
)
HELP += "\n\n\b\n" + both("Each verb reads JSON Lines and writes JSON Lines:", "每个子命令读入并写出 JSON Lines：")
HELP += "\n    tcm ingest books/ | tcm clean-tqs | tcm gen-qa > qa.jsonl"

app = typer.Typer(
    name="tcm",
    help=HELP,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"tcmkit {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help=both("Show the version.", "显示版本。")),
]


@app.callback()
def program(version: Version = False, lang: Language = None) -> None:
    """Options that stand before the verb; they act while they are read."""


app.command("ingest", help=ingest.HELP)(ingest.ingest)
app.command("clean-tqs", help=clean_tqs.HELP)(clean_tqs.clean_tqs)
app.command("gen-qa", help=gen_qa.HELP)(gen_qa.gen_qa)
app.command("schema", help=schema.HELP)(schema.schema)
app.command("doctor", help=doctor.HELP)(doctor.doctor)


def run() -> int:
    """Carry out the command line; the exit status (DESIGN, section 1)."""
    try:
        result = app(prog_name="tcm", standalone_mode=False)
    except TcmError as error:
        return _fail(str(error), error.exit_status)
    except typer.TyperException as error:
        see_help = both("see tcm --help", "见 tcm --help")
        return _fail(f"{error.format_message().rstrip('.')}; {see_help}", errors.USAGE)
    except BrokenPipeError:
        return errors.DONE
    except OSError as error:
        return _fail(f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "), errors.FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return errors.INTERRUPTED
    return result if isinstance(result, int) else errors.DONE


def _fail(message: str, status: int) -> int:
    """An error is one line."""
    print("tcm: " + " ".join(message.split()), file=sys.stderr)
    return status
