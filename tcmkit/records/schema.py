"""Every line type by name, and as JSON Schema."""

from typing import Any

from typing_extensions import is_typeddict

from tcmkit.records.cases import Case
from tcmkit.records.consultations import Transcript
from tcmkit.records.documents import Document, Modernized, Screened
from tcmkit.records.lessons import QA, ExamQuestion, Preference
from tcmkit.records.predictions import Prediction
from tcmkit.records.retrieval import Formula, Hits
from tcmkit.records.safety import Checked

TYPES: dict[str, type] = {
    "document": Document,
    "case": Case,
    "prediction": Prediction,
    "qa": QA,
    "preference": Preference,
    "safety": Checked,
    "screened": Screened,
    "modernized": Modernized,
    "transcript": Transcript,
    "exam": ExamQuestion,
    "formula": Formula,
    "hit": Hits,
}
"""Name of each line type, as `tcm schema` takes it."""


def json_schema(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a line type; every object may hold further fields.

    Raises KeyError when there is no such type.
    """
    from pydantic import ConfigDict, TypeAdapter, with_config

    from tcmkit import records

    documented = with_config(ConfigDict(extra="allow", use_attribute_docstrings=True))
    for part in filter(is_typeddict, vars(records).values()):
        documented(part)
    schema = TypeAdapter(TYPES[name]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
