"""A model at the terminal: the same team as in the pipe, one patient at a time.

Its questions are kept in the session, so going on with one asks the model nothing again. Where it gives no question
that will do the built-in engine asks, and says so; a model that fails twice in a row is left alone from then on.
"""

from collections.abc import Callable
from typing import Protocol

from tcmkit.consult.ahead import Ahead
from tcmkit.consult.asking import Question
from tcmkit.consult.conclusions import conclude
from tcmkit.consult.loop import Consultation
from tcmkit.consult.session import Exchange, Session
from tcmkit.consult.settings import Settings
from tcmkit.consult.team import Team
from tcmkit.consult.team_calls import GENERALIST
from tcmkit.consult.terminal_reader import Scoring
from tcmkit.errors import TcmError
from tcmkit.language import both
from tcmkit.llm import Blocking
from tcmkit.records import Record
from tcmkit.tables import table

_PATIENCE = 2
"""Rounds in a row without a usable question before the model is left alone."""
Say = Callable[[str], None]


class Asking(Protocol):
    """Who chooses the next question."""

    def next_question(self, consultation: Consultation) -> Question | None:
        """The next question, put; None at the end."""
        ...

    def answered(self, exchange: Exchange) -> None:
        """The question that was put is answered."""
        ...

    def take_back(self, exchange: Exchange) -> None:
        """An answer was taken back: its question is to be put again."""
        ...

    def forget(self) -> None:
        """Earlier answers were changed: what was planned may not fit."""
        ...

    def think_ahead(self, preview: Callable[[], Consultation], knows_who: bool) -> None:
        """The complaint is known, then who complains: there is time to think while the next thing is typed."""
        ...


class BuiltIn:
    """The built-in engine, which finds the same question again by itself."""

    def next_question(self, consultation: Consultation) -> Question | None:
        """The question that tells most."""
        return next(iter(consultation.next_questions()), None)

    def answered(self, exchange: Exchange) -> None:
        """Nothing is planned ahead."""

    def take_back(self, exchange: Exchange) -> None:
        """Nothing is planned ahead."""

    def forget(self) -> None:
        """Nothing is planned ahead."""

    def think_ahead(self, preview: Callable[[], Consultation], knows_who: bool) -> None:
        """It takes no time to think."""


class LiveTeam:
    """Asks through one model."""

    def __init__(self, model: Blocking, settings: Settings, session: Session, scoring: Scoring, say: Say) -> None:
        self._model, self._session, self._say = model, session, say
        rows = {row["id"] for row in table("specialties")["specialties"]} | {GENERALIST}
        self._team = Team(settings, scoring.similar, tuple(name for name in session.team if name in rows))
        self._team.trace = scoring.trace
        self._ahead = Ahead(model, self._team)
        self._failures = 0
        self._looked_at = 0
        self._known: set[str] = set()

    def next_question(self, consultation: Consultation) -> Question | None:
        """The team's next question, or the built-in engine's where it has none; None at the end."""
        own = consultation.candidates()
        if not own:
            return None
        waiting = self._session.waiting
        newly = set(consultation.chart.findings) - self._known if self._known else set()
        waiting[:] = [one for one in waiting if one.dimension not in newly]  # the answer before has told it
        if not waiting and self._failures < _PATIENCE:
            self._known = set(consultation.chart.findings)
            waiting += [Exchange.of(question, None) for question in self._asked(consultation)]
        return consultation.ask([waiting[0].question if waiting else own[0]])[0]

    def answered(self, exchange: Exchange) -> None:
        """What was answered waits no longer; until then a session that is left holds its question."""
        if exchange.by and self._session.waiting:
            self._session.waiting.pop(0)

    def take_back(self, exchange: Exchange) -> None:
        """Put a question of the model again."""
        if exchange.by:
            self._session.waiting.insert(0, exchange.model_copy(update={"answer": None}))

    def forget(self) -> None:
        """Let the model think anew; before its first question, choose anew too."""
        self._session.waiting.clear()
        if not self._session.team:
            self._ahead.close()
            self._team.members = ()
            self._ahead = Ahead(self._model, self._team)

    def think_ahead(self, preview: Callable[[], Consultation], knows_who: bool) -> None:
        """Begin with the first round, as far as it can be begun."""
        if not (self._session.exchanges or self._session.waiting):
            chart = preview().chart
            self._ahead.choose(chart)
            if knows_who:
                self._ahead.propose(chart)

    def close(self) -> None:
        """Think no more."""
        self._ahead.close()

    def _asked(self, consultation: Consultation) -> list[Question]:
        """The questions of a round of the team; none where it fails, which is said."""
        if not self._ahead.is_ready(consultation.chart):
            self._say(both("The model is thinking (Ctrl-C: do not wait for it) …", "模型正在思考（Ctrl-C 不等它）…"))
        try:
            questions = self._round(consultation)
            failed = next((str(step["failed"]) for step in self._team.steps[self._looked_at :] if "failed" in step), "")
            why = "" if questions else failed or both("no new question", "没有新的问题")
        except TcmError as error:
            questions, why, self._failures = [], str(error), _PATIENCE
        except KeyboardInterrupt:
            questions, why = [], both("not waited for", "未等待")
        self._looked_at = len(self._team.steps)
        self._failures = 0 if questions else self._failures + 1
        if why:
            self._say_failed(why)
        return questions

    def _round(self, consultation: Consultation) -> list[Question]:
        chart, team = consultation.chart, self._team

        def keep(complaint: str) -> None:
            consultation.complaint = self._session.complaint = complaint
            self._session.team = team.members

        questions = self._ahead.take(chart, keep)
        if questions is not None:
            return questions
        if not self._session.team:
            keep(self._model.finish(team.set_up(chart)))
        before = [turn["text"] for turn in consultation.turns if turn["role"] == "doctor"]
        return self._model.finish(team.next_questions(chart, before))

    def _say_failed(self, why: str) -> None:
        for_good = self._failures >= _PATIENCE
        ours = (
            both("the built-in engine asks from here on", "以下由内置引擎提问")
            if for_good
            else both("the built-in engine asks this one", "这一问由内置引擎提出")
        )
        self._say(both(f"No question from the model ({why}): {ours}.", f"模型没有给出可用的问题（{why}）：{ours}。"))

    def conclude(self, advice: Record, consultation: Consultation) -> Record:
        """What the model adds to the advice; each part holds `failed` where there is none that will do."""
        self._say(both("The model sums up (Ctrl-C: without it) …", "模型正在小结（Ctrl-C 跳过）…"))
        try:
            return self._model.finish(conclude(advice, consultation.chart, consultation.trace))
        except TcmError as error:
            return {"model_syndrome": {"failed": str(error)}, "model_advice": {"failed": str(error)}}
        except KeyboardInterrupt:
            return {}
