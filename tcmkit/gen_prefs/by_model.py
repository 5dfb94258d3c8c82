"""The step of `tcm gen-prefs` with models: two answers, a judge, both orders (ChiMed 2.0, advanced processing)."""

import re
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from tcmkit.errors import RecordError
from tcmkit.gen_prefs import bias
from tcmkit.gen_prefs.judging import FIRST, SCHEMA, Verdict, speaks_to_judge, winner_wins_something
from tcmkit.gen_prefs.settings import TEMPERATURES, ModelSettings
from tcmkit.gen_prefs.write import Pair, preference
from tcmkit.language import both
from tcmkit.llm import Call, ModelOptions, ReplyError, Talk, load
from tcmkit.records import Drop, Record, content_id

_ORDERS = ((0, 1), (1, 0))
_NO_WORDS = re.compile(r"[\W_]+")


class Source(NamedTuple):
    """Where an answer comes from: one of the run's engines, at a temperature; the command line's when None."""

    engine: int
    temperature: float | None = None


class Answer(NamedTuple):
    """An answer, and who gave it."""

    text: str
    by: Record


class Comparing:
    """Two answers to each question, of which a judge that sees them in both orders prefers the same one."""

    def __init__(self, settings: ModelSettings, model: ModelOptions) -> None:
        """`model` names the engines of `settings`, in their order. Raises UsageError for a prompt that is none."""
        self._settings = settings
        self._model = model
        self._asking = load("gen-prefs-answer", settings.prompt)
        self._judging = load("gen-prefs-judge", settings.judge_prompt)
        self._verdicts: Counter[str] = Counter()
        self._longer: Counter[str] = Counter()

    def __call__(self, record: Record) -> Talk:
        """The preference of a record. Raises RecordError: `no_question`, `no_answer`, or why there is no answer."""
        question = record.get("question")
        if not (isinstance(question, str) and question.strip()):
            raise RecordError(
                "no_question",
                both(
                    "a question is needed; other formats: tcm convert", "需要 question；其他格式请用 tcm convert 转换"
                ),
            )
        if record.get("options"):
            return Drop("choice", "the answer of a choice is a letter")
        if speaks_to_judge(question):
            return Drop("speaks_to_judge", "the question")
        answers = yield from self._answers(record, question)
        if isinstance(answers, Drop):
            return answers
        verdicts = yield from self._judge(question, answers)
        winners = {verdict.winner for verdict in verdicts}
        winner = winners.pop() if len(winners) == 1 else None
        if winner is None:
            return Drop("tie", "the judge prefers neither, or another in each order")
        return [self._written(record, question, answers, verdicts, winner)]

    def _answers(self, record: Record, question: str) -> Generator[Call, Any, list[Answer] | Drop]:
        given = record.get("answer")
        own = given.strip() if isinstance(given, str) else ""
        sources, first = self._sources(), []
        if self._settings.given_first and not own:
            raise RecordError(
                "no_answer", both("--given-first needs an answer in the line", "--given-first 需要行中有 answer")
            )
        if self._takes_given(own):
            if len(own) > self._settings.max_chars:
                return Drop("answer_too_long", "the given answer")
            sources, first = [Source(0)], [Answer(own, {"engine": "given"})]
        answers = list(first)
        for number, source in enumerate(sources):
            answers.append((yield from self._answer(question, source, number)))
        if _same(*(answer.text for answer in answers)):
            return Drop("same_answer")
        for answer in answers:
            if speaks_to_judge(answer.text):
                return Drop("speaks_to_judge", "an answer")
        return answers

    def _takes_given(self, own: str) -> bool:
        """Whether the line's own answer is the first: when asked for, or one engine is left to say how it answers.

        Unasked, an answer that is too long is passed over for two that are not.
        """
        settings = self._settings
        unasked = len(settings.answering) == 1 and not settings.temperatures and 0 < len(own) <= settings.max_chars
        return settings.given_first or unasked

    def _sources(self) -> list[Source]:
        temperatures = self._settings.temperatures
        if len(self._settings.answering) > 1:
            return [Source(0, temperatures and temperatures[0]), Source(1, temperatures and temperatures[1])]
        return [Source(0, temperature) for temperature in temperatures or TEMPERATURES]

    def _answer(self, question: str, source: Source, number: int) -> Generator[Call, Any, Answer]:
        most = self._settings.max_chars
        drawn: dict[str, Any] = {"seed": self._model.sampling.seed + number}
        if source.temperature is not None:
            drawn["temperature"] = source.temperature
        text: str = yield Call(
            self._asking.messages({"question": question}, limit=str(most)),
            check=partial(short_enough, most),
            sampling=drawn,
            expected_tokens=most,
            model=source.engine,
        )
        by: Record = {"engine": self._model.speakers[source.engine], "prompt": self._asking.label}
        if source.temperature is not None:
            by["temperature"] = source.temperature
        return Answer(text.strip(), by)

    def _judge(self, question: str, answers: Sequence[Answer]) -> Generator[Call, Any, list[Verdict]]:
        """The verdicts in both orders; the first alone where it already prefers neither."""
        verdicts: list[Verdict] = []
        for order in _ORDERS:
            first, second = (answers[place].text for place in order)
            reply: Any = yield Call(
                self._judging.messages({"question": question, "first": first, "second": second}),
                SCHEMA,
                check=winner_wins_something,
                sampling={"temperature": 0.0},
                expected_tokens=120,
                model=self._settings.judging,
            )
            verdicts.append(Verdict(order, reply))
            if verdicts[-1].winner is None:
                break
        self._count(verdicts)
        return verdicts

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        winners = [verdict.winner for verdict in verdicts]
        self._verdicts["even" if None in winners else "agreed" if len(set(winners)) == 1 else "by_order"] += 1
        decided = [verdict for verdict in verdicts if verdict.winner is not None]
        self._verdicts["decided"] += len(decided)
        self._verdicts["first_shown"] += sum(verdict.reply["winner"] == FIRST for verdict in decided)

    def _written(
        self, record: Record, question: str, answers: Sequence[Answer], verdicts: Sequence[Verdict], winner: int
    ) -> Record:
        chosen, rejected = answers[winner], answers[1 - winner]
        more: Record = {
            "judge": {
                "engine": self._model.speakers[self._settings.judging],
                "prompt": self._judging.label,
                "verdicts": [verdict.written(winner) for verdict in verdicts],
            },
            "answered_by": {"chosen": chosen.by, "rejected": rejected.by},
        }
        pair = Pair(question, chosen.text, rejected.text)
        return preference(record, pair, content_id(str(record.get("id", "")), *pair), more)

    def last_word(self, result: Sequence[Record] | Drop) -> Sequence[Record] | Drop:
        """Count which side is longer, and keep the sides even where that is wanted: no more than one apart."""
        if isinstance(result, Drop):
            return result
        for made in result:
            side = bias.longer(*(made[name][0]["content"] for name in ("chosen", "rejected")))
            other = {"chosen": "rejected", "rejected": "chosen"}.get(side)
            if self._settings.balance_length and other and self._longer[side] > self._longer[other]:
                return Drop("length_bias", "its side is the longer one more often already")
            self._longer[side] += 1
        return result

    @property
    def notes(self) -> Mapping[str, Any]:
        """Pairs on which both orders agree, decide by order, or see no difference; how often the first shown won."""
        counted = {name: self._verdicts[name] for name in ("agreed", "by_order", "even")}
        decided = self._verdicts["decided"]
        first = round(self._verdicts["first_shown"] / decided, 4) if decided else 0.0
        return {"judged": {**counted, "share_of_first_shown": first}, **bias.noted(self._longer)}

    def remarks(self) -> list[str]:
        """The length bias."""
        return bias.said(self._longer)


def short_enough(most: int, text: str) -> None:
    """Raises ReplyError for an answer of more characters than allowed."""
    if len(text.strip()) > most:
        raise ReplyError("answer_too_long", f"上面的回答有{len(text.strip())}个字，请改写，不超过{most}个字。")


def _same(one: str, other: str) -> bool:
    """Whether two answers are equal but for punctuation and space."""
    return _NO_WORDS.sub("", one) == _NO_WORDS.sub("", other)
