"""The team of a consultation led by a model (JingFang, team and each round).

Agents are prompts and tables: a manager who chooses the specialists once, specialists and a generalist who propose
questions, the same who review low scores, one who rewrites. All of it is generators that yield calls, so a
consultation in the pipe and one at the terminal run the same code. Prompts begin with what all agents share, so that a
local model reads it once.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tcmkit.consult.asking import Question, relevant, specialty_of
from tcmkit.consult.chart import Chart, dimensions
from tcmkit.consult.scoring import Score, Similarity, by_characters, key_issues, score
from tcmkit.consult.settings import Settings
from tcmkit.errors import RecordError
from tcmkit.llm import Call, Prompt, ReplyError, load
from tcmkit.records import Record
from tcmkit.tables import table

Asking = Generator[Call, Any, list[Question]]

GENERALIST = "generalist"
_LOW = 0.9
"""Below this total, of 2, a question is put up for review."""
_SAME = 0.8
"""A question this like one that was asked is the same."""
_LONGEST = 120
"""Characters of a question: longer ones ask several things."""
_QUESTIONS = {
    "type": "object",
    "properties": {
        "questions": {
            "type": "array",
            "minItems": 1,
            "maxItems": 4,
            "items": {
                "type": "object",
                "properties": {
                    "question": {"type": "string", "minLength": 2},
                    "dimension": {"type": "string"},
                    "reason": {"type": "string"},
                },
                "required": ["question", "dimension"],
            },
        }
    },
    "required": ["questions"],
}
_REVIEW = {
    "type": "object",
    "properties": {
        "agree": {"type": "boolean"},
        "suggestions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"number": {"type": "integer"}, "suggestion": {"type": "string"}},
                "required": ["number", "suggestion"],
            },
        },
    },
    "required": ["agree"],
}
_MANAGER = {
    "type": "object",
    "properties": {
        "specialties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "chief_complaint": {"type": "string"},
    },
    "required": ["specialties", "chief_complaint"],
}


@dataclass(frozen=True)
class Proposal:
    """A question that an agent proposes."""

    question: str
    dimension: str
    reason: str
    by: str
    score: Score


@dataclass
class Team:
    """The agents of one consultation."""

    settings: Settings
    similar: Similarity = by_characters
    members: tuple[str, ...] = ()
    """Specialties, and the generalist at the end; chosen once."""
    trace: list[Record] = field(default_factory=list)

    def set_up(self, told: str) -> Generator[Call, Any, str]:
        """Let the manager choose the members; the chief complaint in the record agent's words.

        A model that gives no answer leaves the choice to the words of the table.
        """
        rows = {row["id"]: row for row in table("specialties")["specialties"]}
        listed = "\n".join(f"{name}：{row['name_zh']}（{row['scope']}）" for name, row in rows.items())
        messages = load("consult-manager").messages(
            {"told": told}, specialties=listed, number=str(self.settings.specialists)
        )
        try:
            answer = yield Call(messages, _MANAGER, expected_tokens=60)
            chosen = [name for name in answer["specialties"] if name in rows][: self.settings.specialists]
            complaint = str(answer["chief_complaint"])
        except RecordError as error:
            self._note("manager", failed=error.reason)
            chosen, complaint = [], ""
        chosen = chosen or [specialty_of(told)]
        self.members = (*chosen, GENERALIST) if self.settings.generalist else tuple(chosen)
        self._note("manager", members=list(self.members), chief_complaint=complaint)
        return complaint

    def next_questions(self, chart: Chart, asked: Sequence[str]) -> Asking:
        """The questions of a round; none when no member has an answer that will do."""
        shared = _Shared(chart, self.settings)
        proposals: list[Proposal] = []
        for member in self.members:
            proposals += yield from self._proposed(member, shared)
        proposals = _distinct(proposals, asked, self.similar)
        for _turn in range(self.settings.max_turns):
            low = [one for one in proposals if one.score.total < _LOW]
            if not low:
                break
            suggestions = yield from self._reviewed(proposals, shared)
            if not suggestions:
                break
            proposals = yield from self._rewritten(proposals, suggestions, shared)
        proposals.sort(key=lambda one: -one.score.total)
        chosen = proposals[: self.settings.per_round]
        self._note("consultation", asked=[one.question for one in chosen])
        return [Question(one.dimension, one.question, (), one.score.total, one.reason) for one in chosen]

    def _proposed(self, member: str, shared: "_Shared") -> Generator[Call, Any, list[Proposal]]:
        call = shared.call("consult-team", _QUESTIONS, role=_title(member), issues="\n".join(_issues(member)))
        try:
            answer = yield call
        except RecordError as error:
            self._note(member, failed=error.reason)
            return []
        made = [self._proposal(one, member, shared) for one in answer["questions"][:2]]
        self._note(member, proposed=[{"question": one.question, "score": one.score.total} for one in made])
        return made

    def _proposal(self, made: Record, by: str, shared: "_Shared") -> Proposal:
        question = str(made["question"]).strip()
        scored = score(question, _issues(by), shared.chart.text, self.similar)
        return Proposal(question, made["dimension"], str(made.get("reason", "")), by, scored)

    def _reviewed(self, proposals: list[Proposal], shared: "_Shared") -> Generator[Call, Any, list[str]]:
        """What the members suggest; nothing when all agree."""
        suggestions: list[str] = []
        for member in self.members:
            call = shared.call("consult-review", _REVIEW, role=_title(member), questions=_listed(proposals))
            try:
                answer = yield call
            except RecordError as error:
                self._note(member, failed=error.reason)
                continue
            if not answer["agree"]:
                suggestions += [
                    f"{one['number']}. {one['suggestion']}"
                    for one in answer.get("suggestions", ())
                    if 1 <= one["number"] <= len(proposals)
                ]
            self._note(member, agrees=answer["agree"])
        return suggestions

    def _rewritten(
        self, proposals: list[Proposal], suggestions: list[str], shared: "_Shared"
    ) -> Generator[Call, Any, list[Proposal]]:
        """The questions after the optimisation agent; a rewriting that scores lower is not taken."""
        call = shared.call(
            "consult-rewrite", _QUESTIONS, questions=_listed(proposals), suggestions="\n".join(suggestions)
        )
        try:
            answer = yield call
        except RecordError as error:
            self._note("optimisation", failed=error.reason)
            return proposals
        made = [self._proposal(new, old.by, shared) for new, old in zip(answer["questions"], proposals, strict=False)]
        kept = [
            replace(new, reason=new.reason or old.reason) if new.score.total > old.score.total else old
            for new, old in zip(made, proposals, strict=False)
        ] + proposals[len(made) :]
        self._note("optimisation", rewritten=[one.question for one in kept])
        return kept

    def _note(self, agent: str, **more: Any) -> None:
        self.trace.append({"agent": agent, **more})


class _Shared:
    """What all agents of a round are told first."""

    def __init__(self, chart: Chart, settings: Settings) -> None:
        self.chart = chart
        self._open = relevant(chart, settings)
        names = [dimensions()[name]["name_zh"] for name in chart.covered()]
        self._asked = "、".join(names) or "尚无"

    def call(self, task: str, schema: Record, **values: str) -> Call:
        """A call to one agent. Questions must be about a dimension that this patient can be asked about."""
        prompt: Prompt = load(task)
        known = "；".join(f"{name} {dimensions()[name]['name_zh']}" for name in self._open)
        messages = prompt.messages({"told": self.chart.text}, asked=self._asked, dimensions=known, **values)
        return Call(messages, schema, check=self._check if schema is _QUESTIONS else None, expected_tokens=120)

    def _check(self, answer: Any) -> None:
        for one in answer["questions"]:
            if one["dimension"] not in self._open:
                raise ReplyError("bad_question", f"dimension {one['dimension']} 不在可问之列，请改正。")
            if len(one["question"]) > _LONGEST:
                raise ReplyError("bad_question", "问题太长，一次只问一件事，请改短。")


def _title(member: str) -> str:
    if member == GENERALIST:
        return "全科医师，留意专科没有想到的方面"
    rows = {row["id"]: row for row in table("specialties")["specialties"]}
    return f"{rows[member]['name_zh']}医师"


def _issues(member: str) -> list[str]:
    """Key issues of a specialist; of the generalist, the items of the song."""
    if member == GENERALIST:
        return [f"{row['name_zh']}" for row in dimensions().values()]
    return key_issues(member)


def _listed(proposals: list[Proposal]) -> str:
    return "\n".join(f"{number}. {one.question}（{one.score.total:.2f}）" for number, one in enumerate(proposals, 1))


def _distinct(proposals: list[Proposal], asked: Sequence[str], similar: Similarity) -> list[Proposal]:
    """Without questions that were asked, and without two that are alike; the better one stays."""
    kept: list[Proposal] = []
    for one in sorted(proposals, key=lambda each: -each.score.total):
        before = [*asked, *(each.question for each in kept)]
        if all(similar(one.question, other) < _SAME for other in before):
            kept.append(one)
    return kept
