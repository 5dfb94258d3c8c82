"""What models learn from and are examined in: questions, preferences, exam items."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from tcmkit.records.base import Message, Told
from tcmkit.records.documents import Source

ErrorKind = Literal["dose", "pair", "syndrome", "herb", "red_flag", "contradiction", "missing_part"]
"""What can be planted in an answer to make it wrong."""


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

    kind: ErrorKind
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
