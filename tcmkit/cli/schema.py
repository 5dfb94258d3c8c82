"""`tcm schema`: what the lines of the pipe look like."""

import json
from typing import Annotated

import typer

from tcmkit import records
from tcmkit.cli.options import Language
from tcmkit.errors import UsageError
from tcmkit.language import both
from tcmkit.tables import table

DETAILS = (
    "Without TYPE, the names of all types; dimensions lists the 19 dimensions of the Ten Questions Song.",
    "不给 TYPE 时列出所有类型；dimensions 列出十问歌的 19 个维度。",
)
EXAMPLE = "tcm schema qa | jq .required"


def schema(
    type_name: Annotated[
        str | None, typer.Argument(metavar="TYPE", help=", ".join([*records.TYPES, "dimensions"]))
    ] = None,
    lang: Language = None,
) -> int:
    """Print the schema of a type, or the names of all types."""
    if type_name is None:
        print("\n".join([*records.TYPES, "dimensions"]))
        return 0
    if type_name.lower() == "dimensions":
        print(
            "\n".join(
                f"{row['id']}\t{row['name_zh']}\t{row['name_en']}" for row in table("ten_questions")["dimensions"]
            )
        )
        return 0
    if type_name.lower() not in records.TYPES:
        known = ", ".join([*records.TYPES, "dimensions"])
        raise UsageError(both(f"no type {type_name}: choose from {known}", f"没有类型 {type_name}：可选 {known}"))
    print(json.dumps(records.json_schema(type_name.lower()), ensure_ascii=False, indent=2))
    return 0
