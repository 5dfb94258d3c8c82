"""`tcm prompts show`: the prompt of a task, to read it or to begin one's own from it."""

from typing import Annotated

import typer

from tcmkit.cli.options import Language

DETAILS = (
    "The file as it is. Places such as {{text}} must stay; what comes from a record is put there between marks that "
    "it cannot end.",
    "原样打印。{{text}} 之类的占位必须保留；记录中的文字会放在它自己无法结束的标记之间。",
)
EXAMPLE = "tcm prompts show modernize > my-prompt.txt"


def prompts_show(
    task: Annotated[str, typer.Argument(metavar="TASK", help="tcm prompts list")],
    lang: Language = None,
) -> int:
    """Print the file."""
    from tcmkit.llm.prompts import source

    print(source(task), end="")
    return 0
