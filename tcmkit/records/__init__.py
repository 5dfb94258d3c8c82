"""Every line type of the pipe.

A record is a plain dict, typed here, so that reading, changing and writing a line costs nothing.
`tcm schema TYPE` prints these types as JSON Schema; each field's documentation stands below it.
Fields that a verb does not know pass through it untouched.

`start` and `end` count Unicode code points of the record's own `text`: text[start:end] is the quotation.
"""

from tcmkit.records.base import Drop, Message, Record, Span, Told, content_id
from tcmkit.records.cases import Case, Finding, LeftOut, Polarity, Removed, Stated, Visit, findings_of, spans_of
from tcmkit.records.consultations import Consulted, Transcript, Turn
from tcmkit.records.documents import Change, Document, Measure, Modernized, OldDose, Screened, ScreenReason, Source
from tcmkit.records.lessons import (
    QA,
    AnsweredBy,
    Answerer,
    ErrorKind,
    Evidence,
    ExamQuestion,
    Judged,
    PlantedError,
    Preference,
    Step,
    Verdict,
)
from tcmkit.records.predictions import Ask, Candidate, DiseaseSpan, Prediction, Reason, Why
from tcmkit.records.retrieval import CaseHit, Entity, EntityHit, Formula, FormulaSource, Hit, Hits, Ingredient
from tcmkit.records.safety import Checked, HerbSpan, Safety, SafetyFinding, Severity, Status
from tcmkit.records.schema import TYPES, json_schema

__all__ = [
    "QA",
    "TYPES",
    "AnsweredBy",
    "Answerer",
    "Ask",
    "Candidate",
    "Case",
    "CaseHit",
    "Change",
    "Checked",
    "Consulted",
    "DiseaseSpan",
    "Document",
    "Drop",
    "Entity",
    "EntityHit",
    "ErrorKind",
    "Evidence",
    "ExamQuestion",
    "Finding",
    "Formula",
    "FormulaSource",
    "HerbSpan",
    "Hit",
    "Hits",
    "Ingredient",
    "Judged",
    "LeftOut",
    "Measure",
    "Message",
    "Modernized",
    "OldDose",
    "PlantedError",
    "Polarity",
    "Prediction",
    "Preference",
    "Reason",
    "Record",
    "Removed",
    "Safety",
    "SafetyFinding",
    "ScreenReason",
    "Screened",
    "Severity",
    "Source",
    "Span",
    "Stated",
    "Status",
    "Step",
    "Told",
    "Transcript",
    "Turn",
    "Verdict",
    "Visit",
    "Why",
    "content_id",
    "findings_of",
    "json_schema",
    "spans_of",
]
