"""`tcm retrieve index`: a table of formulas, or cases, ready to be searched."""

from enum import StrEnum
from typing import Annotated

from tcmkit.cli.model import BaseUrls, refuse_unused_addresses
from tcmkit.cli.options import option
from tcmkit.cli.pipe import Pipe, field_names, with_pipe
from tcmkit.cli.retrieve import Embed, embedding_model

DETAILS = (
    "JSON Lines, CSV or TSV with the name, composition, functions, indications of formulas. Herbs are read with their "
    "grams; the same formula in several sources becomes one, its sources kept. With --what cases: "
    "the records of clean-tqs or any with text, and their syndrome, kept whole, so mask them first. -o names a folder "
    "of plain files.",
    "JSON Lines、CSV 或 TSV，含方名、组成、功用、主治。组成读成药名与克数；多个来源的同一方合并，来源保留。"
    "--what cases：clean-tqs 的病案或任何带 text 的记录及其证候，整条保存，故应先脱敏。"
    "-o 为文件夹，内为普通文件。",
)
EXAMPLE = "tcm retrieve index formulas.jsonl -o INDEX --map name=方名"

FIELDS = ("id", "name", "source", "composition", "functions", "indications", "syndromes")


class What(StrEnum):
    """What the index holds."""

    formulas = "formulas"
    cases = "cases"


@with_pipe()
def retrieve_index(
    pipe: Pipe,
    field_map: Annotated[
        list[str] | None,
        option(
            "--map",
            en="Read a field under another name: name=FIELD, composition=, functions=, indications=, syndromes=, "
            "source=, id=.",
            zh="字段另有其名时：name=FIELD、composition=、functions=、indications=、syndromes=、source=、id=。",
            metavar="OURS=THEIRS",
        ),
    ] = None,
    embed: Embed = None,
    base_url: BaseUrls = None,
    what: Annotated[What, option("--what", en="What the records are.", zh="记录是方剂还是病案。")] = What.formulas,
) -> int:
    """Build the index."""
    from tcmkit.retrieve.indexing import index_files

    refuse_unused_addresses((embed,), base_url or ())
    return index_files(field_names(field_map or [], FIELDS), pipe.options, what.value, embedding_model(embed, base_url))
