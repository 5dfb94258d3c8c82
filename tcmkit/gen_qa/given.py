"""Questions that the input brought along."""

import re

from tcmkit.gen_qa.draft import Draft
from tcmkit.gen_qa.quote import stands_alone
from tcmkit.records import Record
from tcmkit.text.edges import HAN

_LONG = 60
"""A question of this length tells its own story, so that 该患者 points into it."""
_PICTURE = re.compile("如图|下图|上图|见图|图中|图示")
_LETTERS = re.compile(r"[A-H、,，;； ]+")


def given_draft(record: Record, text: str) -> tuple[Draft, str] | None:
    """The input's own question and answer, with the string that the answer stands in; None when it is unfit.

    Evidence is the text where the answer stands in it, else the field `answer`.
    """
    question, answer = record.get("question"), record.get("answer")
    if not isinstance(question, str) or not isinstance(answer, str):
        return None
    question = question.strip()
    start, end = len(answer) - len(answer.lstrip()), len(answer.rstrip())
    answer = answer[start:end]
    if len(question) < 4 or not re.search(f"[{HAN}]{{2}}", answer) or _LETTERS.fullmatch(answer):
        return None
    if _PICTURE.search(question) or (len(question) < _LONG and not stands_alone(question)):
        return None
    at = text.find(answer)
    # Where a text joins question and answer, the answer stands behind the question.
    behind = text.find(answer, text.find(question) + len(question)) if question in text else at
    at = behind if behind >= 0 else at
    if at >= 0:
        return Draft("given", "given", question, question, at, at + len(answer)), text
    whole = str(record["answer"])
    return Draft("given", "given", question, question, start, end, field="answer"), whole
