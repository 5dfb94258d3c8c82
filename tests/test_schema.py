"""`tcm schema`: what a line holds, in words that a validator understands."""

import json

import pytest

from tcmkit.records import TYPES, content_id
from tests.conftest import Run


def test_the_types_are_listed(tcm: Run) -> None:
    ended = tcm("schema")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.decode().split() == [*TYPES, "dimensions"]


@pytest.mark.parametrize("name", TYPES)
def test_each_type_is_a_schema_with_its_documentation(tcm: Run, name: str) -> None:
    ended = tcm("schema", name.upper() if name == "qa" else name)
    assert (ended.status, ended.err) == (0, "")
    schema = json.loads(ended.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is True
    assert schema["required"]
    assert any("description" in field for field in schema["properties"].values())
    for part in schema.get("$defs", {}).values():
        assert part["additionalProperties"] is True


def test_what_a_document_must_have(tcm: Run) -> None:
    schema = json.loads(tcm("schema", "document").out)
    assert schema["required"] == ["id", "text", "source", "meta"]
    assert schema["properties"]["source"] == {"$ref": "#/$defs/Source"}
    assert schema["$defs"]["Source"]["properties"]["section"]["description"] == (
        'Headings that lead to the text, outermost first, joined by " / ".'
    )


def test_the_nineteen_dimensions(tcm: Run) -> None:
    lines = tcm("schema", "dimensions").out.decode().splitlines()
    assert len(lines) == 19
    assert all(len(line.split("\t")) == 3 for line in lines)
    assert any(line.startswith("chest_abdomen\t") for line in lines)


def test_an_unknown_type_in_chinese(tcm: Run) -> None:
    ended = tcm("schema", "herb", "--lang", "zh")
    known = ", ".join([*TYPES, "dimensions"])
    assert (ended.status, ended.messages) == (2, [f"tcm: 没有类型 herb：可选 {known}"])


def test_ids_are_made_of_content() -> None:
    assert content_id("麻黄汤") == content_id("麻黄汤")
    assert len({content_id("a", "b"), content_id("ab"), content_id("b", "a"), content_id("\ud800")}) == 4
