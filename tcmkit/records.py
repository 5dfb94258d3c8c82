"""Every line type of the pipe.

A record is a plain dict, typed here, so that reading, changing and writing a line costs nothing.
`tcm schema TYPE` prints these types as JSON Schema; each field's documentation stands below it.
Fields that a verb does not know pass through it untouched.

`start` and `end` count Unicode code points of the record's own `text`: text[start:end] is the quotation.
"""

import hashlib
from typing import Any, Literal, NamedTuple, NotRequired, get_args

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from tcmkit.errors import RecordError
from tcmkit.language import both

Record = dict[str, Any]
"""A line as it was read: a JSON object of any shape."""

Polarity = Literal["present", "absent", "uncertain"]
LeftOut = Literal[
    "administrative",
    "instrument_result",
    "western_treatment",
    "western_diagnosis",
    "boilerplate",
    "identity",
    "duplicate",
]
"""Why a part of a record is not in its `clean_text`."""


class Drop(NamedTuple):
    """A step's verdict that a record is not wanted.

    `reason` is a short code (`too_short`), counted in the balance. `detail` is for people.
    """

    reason: str
    detail: str = ""


class Source(TypedDict, total=False):
    """Where a document comes from."""

    path: str
    """The file it was read from, as the user named it."""
    url: str
    title: str
    """Title of the book, page or paper."""
    section: str
    """Headings that lead to the text, outermost first, joined by " / "."""
    licence: str
    """Licence of the text, when the input states one."""


class Document(TypedDict):
    """A passage of text: made by `tcm ingest`."""

    id: str
    text: str
    source: Source
    meta: dict[str, Any]
    """Author, dynasty, year, encoding, bad_bytes, page, repairs, pii, department."""
    question: NotRequired[str]
    """A question that the input gave with the text."""
    answer: NotRequired[str]
    importance: NotRequired[int | str | None]
    """Category of the journal that a paper appeared in, 1 weighs most; null where that is not certain."""


class Finding(TypedDict):
    """A quotation of the record under one dimension of the Ten Questions Song."""

    text: str
    start: int
    end: int
    polarity: Polarity
    """present, absent (denied) or uncertain."""
    by: NotRequired[Literal["rules"]]
    """Of a finding that a model missed and the rules filled in."""


class Removed(TypedDict):
    """A quotation that was left out of `clean_text`, and why."""

    category: LeftOut
    text: str
    start: int
    end: int


class Span(TypedDict):
    """A quotation of the record."""

    text: str
    start: int
    end: int


class Stated(Span):
    """A conclusion that the record itself states (证属…, 诊断…): kept apart, because it would leak the label."""

    kind: Literal["syndrome", "disease", "treatment", "formula", "other"]


class Visit(TypedDict):
    """One visit of a record that tells of several."""

    label: str
    start: int
    end: int


class Told(TypedDict):
    """Which model a record is from."""

    engine: str
    prompt: int | str
    """Version of the prompt."""
    hallucinated: NotRequired[int]
    """Of a case: quotations of the model that do not stand in the source: refused."""


class Case(TypedDict):
    """A case record cleaned by the Ten Questions Song: made by `tcm clean-tqs`."""

    id: str
    text: str
    tqs: dict[str, list[Finding]]
    """Findings by dimension (the 19 ids of `tcm schema dimensions`); a dimension nobody asked about is not there."""
    removed: list[Removed]
    clean_text: str
    """Complaint, then dimension by dimension, then tongue and pulse; nothing that is not in the source."""
    missing: list[str]
    """Dimensions that nobody asked about."""
    medications: NotRequired[list[Span]]
    """Western drugs named in the record: taken out of the text, never lost."""
    stated: NotRequired[list[Stated]]
    visits: NotRequired[list[Visit]]
    llm: NotRequired[Told]


class Candidate(TypedDict):
    """A syndrome with its probability."""

    syndrome: str
    score: float


class Reason(Span):
    """A finding that speaks for or against the syndrome, quoted."""

    sign: str
    """The sign of the table that the words were read as."""
    weight: float
    """What it adds to the score, in natural logarithms; negative against."""


class DiseaseSpan(Span):
    """A disease that the record names or implies, quoted."""

    name: str


# A function call, because `for` is no name that a class could give a field.
Why = TypedDict("Why", {"disease": list[DiseaseSpan], "for": list[Reason], "against": list[Reason]})


class Ask(TypedDict):
    """A finding that nobody has told yet and that would decide."""

    sign: str
    dimension: str
    bits: float
    """Expected information about the syndrome."""


class Prediction(Case):
    """A case with its syndrome (pattern, 证): made by `tcm classify`."""

    syndrome: str
    """The likeliest; the best guess also where the model abstains."""
    score: float
    """Its probability."""
    candidates: list[Candidate]
    """The likeliest first."""
    abstained: bool
    """Too unsure to be used without a physician."""
    why: NotRequired[Why]
    ask: NotRequired[list[Ask]]
    label: NotRequired[str]
    """The label that the record came with."""


class Message(TypedDict):
    """One turn of a conversation, as TRL and `datasets` read it."""

    role: Literal["system", "user", "assistant"]
    content: str


class Evidence(TypedDict):
    """The passage that holds the answer."""

    doc_id: str
    start: int
    end: int
    field: NotRequired[str]
    """The field of the source line that holds the passage, if it is not `text`."""


class Step(TypedDict):
    """A step of a chain of thought."""

    text: str
    evidence: int
    """Which evidence it rests on: 0 is `evidence`, 1 the first of `further_evidence`."""


class QA(TypedDict):
    """A question and its answer, grounded in a document: made by `tcm gen-qa`."""

    id: str
    question: str
    answer: str
    kind: str
    """What is asked about: see `tcm gen-qa --help` for the list."""
    evidence: Evidence
    further_evidence: NotRequired[list[Evidence]]
    """The other passages, where an answer is put together from several."""
    scope: NotRequired[Literal["within", "between", "group"]]
    """With --windows: asked within one block of a paper or between two. With --group-by: of several cases."""
    group: NotRequired[dict[str, Any]]
    """With --group-by: the value that the cases share, and their ids."""
    options: NotRequired[dict[str, str]]
    """Multiple choice: letter to option."""
    steps: NotRequired[list[Step]]
    """Kind `cot`: the chain of thought."""
    subject: NotRequired[str]
    """Kind `description`: what is described."""
    source: NotRequired[Source]
    messages: list[Message]
    """Kind `dialogue`: all turns, of which `question` and `answer` are the first."""
    llm: NotRequired[Told]


class PlantedError(TypedDict):
    """What makes a rejected answer wrong: answer[start:end] of the chosen one, which is `before`, became `after`."""

    kind: Literal["dose", "pair", "syndrome", "herb", "red_flag", "contradiction", "missing_part"]
    before: str
    after: str
    start: int
    """Code points of the chosen answer."""
    end: int
    why: str
    """What is wrong, in a sentence."""
    source: str
    """What proves it: a finding of `tcm check`, a table, the evidence."""


class Verdict(TypedDict):
    """What a judge said of two answers in one order; each criterion names the better answer."""

    order: list[Literal["chosen", "rejected"]]
    """Which was shown first."""
    accuracy: Literal["chosen", "rejected", "tie"]
    usefulness: Literal["chosen", "rejected", "tie"]
    completeness: Literal["chosen", "rejected", "tie"]
    concision: Literal["chosen", "rejected", "tie"]
    winner: Literal["chosen", "rejected", "tie"]
    reason: str


class Judged(TypedDict):
    """Who said which answer is better."""

    engine: str
    """`rules` where the error was planted."""
    prompt: NotRequired[int | str]
    """Version of the prompt of a model that judged."""
    verdicts: NotRequired[list[Verdict]]
    """Of a model: in both orders."""


class Answerer(TypedDict):
    """Who gave an answer."""

    engine: str
    """`given` where it stood in the line."""
    prompt: NotRequired[int | str]
    temperature: NotRequired[float]


class AnsweredBy(TypedDict):
    """Who gave the two answers of a preference."""

    chosen: Answerer
    rejected: Answerer


class Preference(TypedDict):
    """Two answers of which one is better, in TRL's conversational preference format: made by `tcm gen-prefs`."""

    id: str
    prompt: list[Message]
    chosen: list[Message]
    rejected: list[Message]
    judge: Judged
    answered_by: NotRequired[AnsweredBy]
    """With models: whose answers they are."""
    error: NotRequired[PlantedError]


class Ingredient(TypedDict):
    """A herb of a formula."""

    herb: str
    dose_g: float | None
    """Grams, None where none are stated. Old measures are taken as they stand; `stated` has the words."""
    stated: NotRequired[str]
    """The amount as the source gives it: 三两, 12枚."""


class FormulaSource(TypedDict):
    """What one source says of a formula."""

    source: str
    functions: NotRequired[str]
    indications: NotRequired[str]


class Formula(TypedDict):
    """A formula: read by `tcm retrieve index` from any table, and given back by `tcm retrieve`."""

    id: str
    name: str
    source: str
    """The book, or the first of several."""
    composition: list[Ingredient]
    functions: str
    indications: str
    syndromes: list[str]
    aliases: NotRequired[list[str]]
    sources: NotRequired[list[FormulaSource]]
    """All sources, where the same formula stands in several."""


class Hit(TypedDict):
    """A formula that fits."""

    formula: Formula
    score: float
    rank: int
    """1 is the best."""
    why: dict[str, Any]
    """findings (both wordings), syndromes (of the query, that it is for), use, elements, softened (steps given up)."""


class CaseHit(TypedDict):
    """A case like the query."""

    case: dict[str, Any]
    """As it was indexed."""
    score: float
    rank: int
    why: dict[str, Any]
    """syndrome, similarity (cosine of the raw words), findings (of the query, with the words of the case), elements."""


class Entity(TypedDict):
    """A disease, syndrome, finding, formula or herb."""

    kind: Literal["disease", "syndrome", "finding", "formula", "herb"]
    name: str
    query: NotRequired[str]
    """Where the query names it: its words."""


class EntityHit(TypedDict):
    """An entity related to those that the query names."""

    entity: Entity
    score: float
    rank: int
    why: dict[str, Any]
    """path: the entities from one that the query names to this one."""


class Hits(TypedDict):
    """A query with the formulas that fit it, or with like cases or related entities: made by `tcm retrieve`."""

    hits: list[Hit] | list[CaseHit] | list[EntityHit]
    """Best first; empty when nothing of the query is known."""
    searched: NotRequired[int]  # formulas that could have been among them


Status = Literal["block", "warn", "not_checked", "note", "clean"]
Severity = Literal["block", "warn", "not_checked", "note"]


class HerbSpan(TypedDict):
    """A herb of the prescription, quoted."""

    name: str
    """The name that the tables know it by."""
    text: str
    """The quotation."""
    start: int
    end: int
    """Code points of the prescription; of the item when the prescription is a list."""
    item: NotRequired[int]
    """Which item, when the prescription is a list."""


class SafetyFinding(TypedDict):
    """One thing that a physician must know."""

    code: str
    """What was found: see `tcm check --explain`."""
    severity: Severity
    field: str
    """The field that the spans count in: prescription, text, patient, or what the input calls it (处方)."""
    herbs: list[HerbSpan]
    message: str
    """One sentence, in the language in force."""
    source: str
    """What the finding rests on, with the edition of the Pharmacopoeia."""
    rule: NotRequired[str]
    """Which rule of the table: the medicine group, the red flag."""
    spans: NotRequired[list[Span]]
    """What was quoted from the patient's words."""
    nearest: NotRequired[list[str]]
    """For an unknown name: known names like it."""


class Safety(TypedDict):
    """The result of the check."""

    status: Status
    findings: list[SafetyFinding]


class Checked(TypedDict):
    """A prescription, or a patient's words, with what was found: made by `tcm check`."""

    prescription: NotRequired[str | list[Any] | dict[str, Any]]
    """A text, a list of texts, or a list of objects with herb and dose."""
    patient: NotRequired[str | dict[str, Any]]
    """age, sex, pregnant, medications."""
    text: NotRequired[str]
    """The patient's own words."""
    safety: Safety


class ScreenReason(TypedDict):
    """One thing that screening objects to."""

    code: Literal["toxic", "identifier"]
    kind: str
    """Which sort: insult, hate, sexual … or name, address, phone …"""
    by: Literal["rules", "model"]
    field: str
    """The field that holds it, `messages.1.content` for one further in."""
    start: int
    end: int
    reason: NotRequired[str]
    """What the model says."""


class Screened(TypedDict):
    """The verdict of `tcm screen`."""

    verdict: Literal["clear", "flagged"]
    by: Literal["rules", "model"]
    """Who had the last word: a record that only rules have seen says so."""
    reasons: list[ScreenReason]


class Change(TypedDict):
    """One change of `standard_text`: `was` stood where text[start:end] stands now."""

    start: int
    end: int
    was: str


class OldDose(Span):
    """A weight in an old unit, quoted from `text`."""

    grams: float | None
    """None where nobody can say."""
    basis: str
    """What a liang weighed then, or why nobody can say."""


class Measure(TypedDict):
    """The weights of a dynasty."""

    dynasty: str
    liang: float
    """Grams of one 两."""
    source: str
    others: NotRequired[list[dict[str, Any]]]
    """Other values, each with its source."""


class Modernized(TypedDict):
    """What `tcm modernize` found and did."""

    style: Literal["classical", "modern", "mixed"]
    by: Literal["rules", "model"]
    changes: NotRequired[list[Change]]
    """How `standard_text` differs from `text`, so that it can be undone."""
    doses: NotRequired[list[OldDose]]
    measure: NotRequired[Measure]


class ExamQuestion(TypedDict):
    """A multiple-choice question: read by `tcm eval exam`, `tcm decontaminate`, `tcm grpo`."""

    question: str
    options: list[str] | dict[str, str]
    """Texts in order, or letter to text; two to ten."""
    answer: str | list[str]
    """The right letters ("B", "ABD", ["A", "B"]), or the text of the right option."""
    id: NotRequired[str]
    explanation: NotRequired[str]
    subject: NotRequired[str]
    completion: NotRequired[str]
    """What a model wrote: added by `tcm eval exam`, with the next three."""
    extracted: NotRequired[str | None]
    """The letters that it named; null for no answer."""
    correct: NotRequired[bool]
    format_ok: NotRequired[bool]
    logprobs: NotRequired[dict[str, float]]
    """Log probability of each letter, in place of a completion, where the likeliest is the answer."""
    shown: NotRequired[str]
    """The item's letters in the order in which the options were shown, where that was another."""


class Turn(TypedDict):
    """One thing said in a consultation."""

    round: int
    """0 is what the patient came with."""
    role: Literal["patient", "doctor", "red_flag"]
    text: str
    dimension: NotRequired[str]
    """What a question asks about, or an answer answers."""
    bits: NotRequired[float]
    """What the question was expected to tell about the syndrome; with a model, its score."""
    reason: NotRequired[str]
    by: NotRequired[str]
    """The agent of a model-led team that proposed the question."""
    rule: NotRequired[str]
    source: NotRequired[str]


class Consulted(TypedDict):
    """A consultation from complaint to advice."""

    turns: list[Turn]
    rounds: int
    ended: str
    """sufficient, unclear, rounds, patient, red_flag."""
    covered: list[str]
    """Dimensions that something is known of."""
    tqs: dict[str, list[Finding]]
    told: str
    """All that was said, as statements; the findings count its characters."""
    advice: dict[str, Any] | None
    """Record, syndrome, principle, formulas with their safety, what was not asked; null after a red flag."""
    asked_by: NotRequired[dict[Literal["model", "built_in"], int]]
    """Questions by the model that leads, and by the built-in engine in its place; `answered_by` alike of a patient."""
    answered_by: NotRequired[dict[Literal["model", "rules"], int]]
    trace: NotRequired[list[dict[str, Any]]]
    """What each agent of a model-led team did."""


class Transcript(TypedDict):
    """A case with its consultation: made by `tcm consult --patient`."""

    consultation: Consulted
    text: NotRequired[str]
    """The case that the patient played."""


_POLARITIES = get_args(Polarity)


def findings_of(case: Record) -> dict[str, list[Any]]:
    """The findings of a case, which another program may have written; none when it has no `tqs`.

    Raises RecordError("bad_tqs") unless each has its words, its polarity and its place.
    """
    found = case.get("tqs", {})
    if not isinstance(found, dict):
        raise RecordError("bad_tqs", both("tqs is not an object", "tqs 不是对象"))
    for dimension, findings in found.items():
        if not isinstance(findings, list) or not all(map(_is_finding, findings)):
            raise RecordError("bad_tqs", "tqs{dimension:[{text, start, end, polarity}]}")
        if not dimension:
            raise RecordError("bad_tqs", both("a dimension without a name", "有维度没有名称"))
    return found


def spans_of(case: Record, name: str, said_by: str) -> list[Any]:
    """The entries of `removed` or `stated`, each with its words, its place and the field `said_by`; none without.

    Raises RecordError("bad_spans") for anything else.
    """
    spans = case.get(name) or []
    if not isinstance(spans, list) or not all(_is_span(one) and isinstance(one.get(said_by), str) for one in spans):
        raise RecordError("bad_spans", f"{name}[{{text, start, end, {said_by}}}]")
    return spans


def _is_span(value: Any) -> bool:
    """Whether a value is an object with the form of a Span."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return False
    start, end = value.get("start"), value.get("end")
    return isinstance(start, int) and isinstance(end, int) and 0 <= start <= end <= _FARTHEST


def _is_finding(value: Any) -> bool:
    return _is_span(value) and value.get("polarity") in _POLARITIES


_FARTHEST = 1 << 31


def content_id(*parts: str) -> str:
    """A stable id made from content: the first 16 hex digits of BLAKE2b.

    >>> content_id("麻黄汤") == content_id("麻黄汤") != content_id("麻", "黄汤")
    True
    """
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8)
    return digest.hexdigest()


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

_PARTS = (
    *(Turn, Consulted, ScreenReason, Change, OldDose, Measure),
    *(
        Source,
        Finding,
        Removed,
        Span,
        Stated,
        Visit,
        Told,
        Message,
        Evidence,
        PlantedError,
        Verdict,
        Judged,
        Answerer,
        AnsweredBy,
        Step,
        HerbSpan,
        SafetyFinding,
        Safety,
    ),
    *(Candidate, Reason, DiseaseSpan, Why, Ask),
    *(Ingredient, FormulaSource, Hit, CaseHit, Entity, EntityHit),
)


def json_schema(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a line type; every object may hold further fields.

    Raises KeyError when there is no such type.
    """
    from pydantic import ConfigDict, TypeAdapter, with_config

    documented = with_config(ConfigDict(extra="allow", use_attribute_docstrings=True))
    for part in _PARTS:
        documented(part)
    schema = TypeAdapter(documented(TYPES[name])).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
