"""The kinds of questions that a model writes: how its reply looks, and what of it is grounded.

`qa` is one question and answer from a passage alone (ChiMed 2.0, advanced processing); the others are the data modes of
Hengqin-RA-v1: dialogues, chains of thought, descriptions, several texts at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tcmkit.gen_qa.grounding import ENOUGH, LEAST, Ground
from tcmkit.gen_qa.quote import stands_alone
from tcmkit.text.quoting import Span

Reply = Mapping[str, Any]
Messages = list[dict[str, str]]


class Place(NamedTuple):
    """A quotation: which of the texts, and where in it."""

    text: int
    span: Span


class Written(NamedTuple):
    """A question that the model wrote and that is grounded."""

    question: str
    answer: str
    places: list[Place]
    """The quotations that support it, the first one first."""
    messages: Messages
    more: dict[str, Any]
    """Fields that only this kind has."""


class Texts:
    """What a model is given."""

    def __init__(self, texts: Sequence[str], around: str) -> None:
        """`around` is what else is known of them: book and heading."""
        self.texts = texts
        self.around = around
        self.each = [Ground(text) for text in texts]
        self.whole = Ground("\n".join(texts), around)


@dataclass
class Judge:
    """Holds what a model wrote against the texts it was given; collects what is wrong, in words for the model."""

    texts: Texts
    faults: list[str] = field(default_factory=list)

    def quotations(self, quoted: Sequence[tuple[int, str]]) -> list[Place] | None:
        """Where they stand, or None when one does not, or when there is none."""
        places = []
        for number, quotation in quoted:
            known = 0 <= number < len(self.texts.each)
            span = self.texts.each[number].quoted(quotation) if known else None
            if span is None:
                self.faults.append(f"引文不在资料中：“{quotation[:30]}”")
                return None
            places.append(Place(number, span))
        if not places:
            self.faults.append("缺少引文")
        return places or None

    def supports(self, claim: str, enough: float = ENOUGH) -> bool:
        """Whether names, numbers and enough of the words stand in the texts."""
        if not claim.strip():
            self.faults.append("答案为空")
            return False
        if strange := self.texts.whole.made_up(claim):
            self.faults.append(f"资料中没有：{'、'.join(strange[:8])}")
            return False
        if enough and not self.texts.whole.is_supported(claim, enough):
            self.faults.append(f"资料不足以支持：“{claim[:30]}”")
            return False
        return True

    def asks(self, question: str, opening: bool = True) -> bool:
        """Whether a question can be understood alone, and names only what the texts name."""
        if opening and not stands_alone(question):
            self.faults.append(f"问题不能独立理解：“{question[:30]}”")
            return False
        return bool(question.strip()) and self.supports(question, enough=0)


def turn(question: str, answer: str) -> Messages:
    """Two messages."""
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def _qa(reply: Reply, judge: Judge) -> Iterator[Written]:
    for item in reply["items"]:
        question, answer = item["question"].strip(), item["answer"].strip()
        places = judge.quotations([(0, item["quote"])])
        if places and judge.asks(question) and judge.supports(answer):
            yield Written(question, answer, places, turn(question, answer), {})


def _dialogue(reply: Reply, judge: Judge) -> Iterator[Written]:
    places: list[Place] = []
    messages: Messages = []
    for number, item in enumerate(reply["turns"]):
        question, answer = item["question"].strip(), item["answer"].strip()
        found = judge.quotations([(0, item["quote"])])
        if not (found and judge.asks(question, opening=number == 0) and judge.supports(answer)):
            return
        places += found
        messages += turn(question, answer)
    if len(messages) > 2:
        yield Written(messages[0]["content"], messages[1]["content"], places, messages, {})
    elif messages:
        judge.faults.append("对话至少两轮")


def _cot(reply: Reply, judge: Judge) -> Iterator[Written]:
    question, answer = reply["question"].strip(), reply["answer"].strip()
    if not question and not reply["steps"]:
        return
    places = judge.quotations([(0, step["quote"]) for step in reply["steps"]])
    thoughts = [step["thought"].strip() for step in reply["steps"]]
    if not places or not judge.asks(question) or not judge.supports(answer):
        return
    if all(judge.supports(thought, LEAST) for thought in thoughts):
        reasoned = f"<think>\n{chr(10).join(thoughts)}\n</think>\n\n{answer}"
        steps = [{"text": thought, "evidence": number} for number, thought in enumerate(thoughts)]
        yield Written(question, answer, places, turn(question, reasoned), {"steps": steps})


def _description(reply: Reply, judge: Judge) -> Iterator[Written]:
    subject, answer = reply["subject"].strip(), reply["description"].strip()
    if not subject and not answer:
        return
    places = judge.quotations([(0, quotation) for quotation in reply["quotes"]])
    question = f"请介绍{subject}。"
    if places and judge.asks(question) and judge.supports(subject, 1.0) and judge.supports(answer):
        yield Written(question, answer, places, turn(question, answer), {"subject": subject})


def _multi(reply: Reply, judge: Judge) -> Iterator[Written]:
    question, answer = reply["question"].strip(), reply["answer"].strip()
    if not question and not answer:
        return
    places = judge.quotations([(item["text"] - 1, item["quote"]) for item in reply["quotes"]])
    if places and len({place.text for place in places}) < 2:
        judge.faults.append("引文须取自至少两段资料")
    elif places and judge.asks(question) and judge.supports(answer):
        yield Written(question, answer, places, turn(question, answer), {})


def _object(**properties: Any) -> dict[str, Any]:
    required = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _many(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


_TEXT = {"type": "string"}
_TURN = _object(question=_TEXT, answer=_TEXT, quote=_TEXT)


class Mode(NamedTuple):
    """A kind of question."""

    task: str
    """Name of its prompt."""
    schema: Mapping[str, Any]
    read: Callable[[Reply, Judge], Iterator[Written]]
    together: bool = False
    """Whether it is asked of all passages at once."""


MODES: Mapping[str, Mode] = {
    "qa": Mode("gen-qa", _object(items=_many(_TURN)), _qa),
    "dialogue": Mode("gen-qa-dialogue", _object(turns=_many(_TURN)), _dialogue),
    "cot": Mode(
        "gen-qa-cot", _object(question=_TEXT, steps=_many(_object(thought=_TEXT, quote=_TEXT)), answer=_TEXT), _cot
    ),
    "description": Mode(
        "gen-qa-description", _object(subject=_TEXT, description=_TEXT, quotes=_many(_TEXT)), _description
    ),
    "multi": Mode(
        "gen-qa-multi",
        _object(question=_TEXT, answer=_TEXT, quotes=_many(_object(text={"type": "integer"}, quote=_TEXT))),
        _multi,
        together=True,
    ),
}
"""By the value of `kind`, and of --kinds."""
