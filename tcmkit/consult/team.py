"""The team of a consultation led by a model (JingFang, team and each round).

Agents are prompts and tables: a manager who chooses the specialists once, specialists and a generalist who propose
questions, the same who review low scores, one who rewrites. All of it is generators that yield calls, so a
consultation in the pipe and one at the terminal run the same code. What each is asked: `team_calls`.
"""

import random
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tcmkit.consult.asking import Question, specialty_of, suits
from tcmkit.consult.chart import Chart, dimensions, understood
from tcmkit.consult.limits import is_told, one_line, oversteps
from tcmkit.consult.scoring import Score, Similarity, by_characters, by_lsa, score
from tcmkit.consult.settings import Settings
from tcmkit.consult.team_calls import GENERALIST, Briefing, issues_of
from tcmkit.consult.trace import Trace, no_trace
from tcmkit.errors import RecordError
from tcmkit.llm import Call
from tcmkit.records import Record
from tcmkit.tables import table

Asking = Generator[Call, Any, list[Question]]

_LOW = 0.9
"""Below this total, of 2, a question is put up for review."""
_SAME = 0.8
"""A question whose characters are so like those of one that was asked is the same."""
_MOST_NAMED = 3
_ASKING = re.compile("有没有|有无|是否|会不会|是不是|会|您|你|[吗呢吧嘛]")
_CLAUSES = re.compile("[，,。？?、；;：:]|还是|或者?|以及|和")


@dataclass(frozen=True)
class Proposal:
    """A question that an agent proposes."""

    question: str
    dimension: str
    reason: str
    by: str
    score: Score

    def as_record(self) -> Record:
        """For the trace."""
        return {"question": self.question, "dimension": self.dimension, "by": self.by, "reason": self.reason} | (
            self.score.as_record()
        )


@dataclass
class Team:
    """The agents of one consultation."""

    settings: Settings
    similar: Similarity = by_lsa
    members: tuple[str, ...] = ()
    """Specialties, and the generalist at the end; chosen once."""
    steps: list[Record] = field(default_factory=list)
    """What each agent did."""
    trace: Trace = no_trace
    """Told of each step too."""

    def set_up(self, chart: Chart) -> Generator[Call, Any, str]:
        """Let the manager choose the members; the chief complaint in the record agent's words.

        A model that gives no answer leaves the choice to the words of the table.
        """
        rows = {row["id"] for row in table("specialties")["specialties"]}
        try:
            answer = yield Briefing(chart, self.settings).manager()
            chosen = [name for name in dict.fromkeys(answer["specialties"]) if name in rows]
            complaint = one_line(str(answer["chief_complaint"]))
            complaint = complaint if is_told(complaint, chart.text) and not oversteps(complaint) else ""
        except RecordError as error:
            self._note("manager", "consult-manager", failed=error.reason)
            chosen, complaint = [], ""
        chosen = chosen[: self.settings.specialists] or [specialty_of(chart.text)]
        self.members = (*chosen, GENERALIST) if self.settings.generalist else tuple(chosen)
        self._note("manager", "consult-manager", members=list(self.members), chief_complaint=complaint)
        return complaint

    def next_questions(self, chart: Chart, asked: Sequence[str]) -> Asking:
        """The questions of a round; none when no member has an answer that will do."""
        shared = Briefing(chart, self.settings, self.members)
        proposals: list[Proposal] = []
        for member in self.members:
            proposals += yield from self._proposed(member, shared)
        proposals = self._distinct(self._suited(proposals, chart), asked)
        scores_count = not (self.settings.random_questions or self.settings.fixed_order)
        for _turn in range(self.settings.max_turns if scores_count else 0):
            if all(one.score.total >= _LOW for one in proposals):
                break
            suggestions = yield from self._reviewed(proposals, shared)
            if not suggestions:
                break
            rewritten = yield from self._rewritten(proposals, suggestions, shared)
            proposals = self._distinct(self._suited(rewritten, chart), asked)
        chosen = proposals[: self.settings.per_round]
        self._note("consultation", "choose", chosen=[one.as_record() for one in chosen])
        return [
            Question(one.dimension, one.question, _named(one), one.score.total, one.reason, by=one.by) for one in chosen
        ]

    def _proposed(self, member: str, shared: Briefing) -> Generator[Call, Any, list[Proposal]]:
        try:
            answer = yield shared.proposal(member)
        except RecordError as error:
            self._note(member, "consult-team", failed=error.reason)
            return []
        made = [self._proposal(one, member, shared.chart.text) for one in answer["questions"]]
        self._note(member, "consult-team", proposed=[one.as_record() for one in made])
        return made

    def _proposal(self, made: Record, by: str, told: str) -> Proposal:
        question = one_line(str(made["question"]))
        scored = score(question, issues_of(by), told, self.similar)
        return Proposal(question, made["dimension"], one_line(str(made.get("reason", ""))), by, scored)

    def _reviewed(self, proposals: list[Proposal], shared: Briefing) -> Generator[Call, Any, list[str]]:
        """What the members suggest; nothing when all agree."""
        suggestions: list[str] = []
        for member in self.members:
            try:
                answer = yield shared.review(member, _listed(proposals))
            except RecordError as error:
                self._note(member, "consult-review", failed=error.reason)
                continue
            own = [
                f"{one['number']}. {one_line(one['suggestion'])}"
                for one in answer.get("suggestions", ())
                if 1 <= one["number"] <= len(proposals) and not answer["agree"]
            ]
            suggestions += own
            self._note(member, "consult-review", agreed=answer["agree"], suggestions=own)
        return suggestions

    def _rewritten(
        self, proposals: list[Proposal], suggestions: list[str], shared: Briefing
    ) -> Generator[Call, Any, list[Proposal]]:
        """The questions after the optimisation agent; a rewriting that scores lower is not taken."""
        try:
            answer = yield shared.rewriting(_listed(proposals), suggestions, len(proposals))
        except RecordError as error:
            self._note("optimisation", "consult-rewrite", failed=error.reason)
            return proposals
        told = shared.chart.text
        made = [self._proposal(new, old.by, told) for new, old in zip(answer["questions"], proposals, strict=False)]
        kept = [
            replace(new, reason=new.reason or old.reason) if new.score.total > old.score.total else old
            for new, old in zip(made, proposals, strict=False)
        ] + proposals[len(made) :]
        self._note(
            "optimisation",
            "consult-rewrite",
            rewritten=[
                {**new.as_record(), "was": old.question, "taken": new.score.total > old.score.total}
                for new, old in zip(made, proposals, strict=False)
            ],
        )
        return kept

    def _suited(self, proposals: list[Proposal], chart: Chart) -> list[Proposal]:
        """Without questions that are not for this patient, such as of menses for a man."""
        kept = [one for one in proposals if suits(one.question, one.dimension, chart, self.settings)]
        if left_out := [one.question for one in proposals if one not in kept]:
            self._note("evaluation", "compare", left_out=left_out)
        return kept

    def _distinct(self, proposals: list[Proposal], asked: Sequence[str]) -> list[Proposal]:
        """The best first, without questions that were asked, and without two that are alike; the better one stays."""
        kept: list[Proposal] = []
        left_out: list[str] = []
        for one in self._in_order(proposals, len(asked)):
            before = [*asked, *(each.question for each in kept)]
            if all(by_characters(one.question, other) < _SAME for other in before):
                kept.append(one)
            else:
                left_out.append(one.question)
        if left_out:
            self._note("evaluation", "compare", left_out=left_out)
        return kept

    def _in_order(self, proposals: list[Proposal], number: int) -> list[Proposal]:
        """The best first; for comparison at random, or as the song has it, whatever they score."""
        if self.settings.random_questions:
            return random.Random(f"{self.settings.seed}\x1f{number}").sample(proposals, len(proposals))
        if self.settings.fixed_order:
            return sorted(proposals, key=lambda each: list(dimensions()).index(each.dimension))
        return sorted(proposals, key=lambda each: -each.score.total)

    def _note(self, agent: str, call: str, **more: Any) -> None:
        step = {"agent": agent, "call": call, **more}
        self.steps.append(step)
        self.trace(step)


def _named(proposal: Proposal) -> tuple[str, ...]:
    """The signs that a question names, so that a mere yes or no is a statement about them."""
    clauses = filter(None, _CLAUSES.split(_ASKING.sub("", proposal.question)))
    found = [one["text"] for clause in clauses for one in understood(clause).get(proposal.dimension, ())]
    return tuple(name for name in dict.fromkeys(found) if len(name) > 1)[:_MOST_NAMED]


def _listed(proposals: list[Proposal]) -> str:
    return "\n".join(f"{number}. {one.question}（{one.score.total:.2f}）" for number, one in enumerate(proposals, 1))
