"""What the agents of a team are asked: one beginning that all share, then each agent's own part.

The shared part grows at its end alone, so a local model that keeps what it has read reads only what is new.
"""

from collections.abc import Sequence
from typing import Any

from tcmkit.consult.asking import relevant
from tcmkit.consult.chart import Chart, dimensions
from tcmkit.consult.limits import is_question, one_line, oversteps
from tcmkit.consult.scoring import key_issues
from tcmkit.consult.settings import Settings
from tcmkit.llm import Call, ReplyError, load
from tcmkit.records import Record
from tcmkit.tables import table

GENERALIST = "generalist"
_LONGEST = 80
"""Characters of a question: longer ones ask several things."""
REVIEW: Record = {
    "type": "object",
    "properties": {
        "agree": {"type": "boolean"},
        "suggestions": {
            "type": "array",
            "maxItems": 4,
            "items": {
                "type": "object",
                "properties": {"number": {"type": "integer"}, "suggestion": {"type": "string", "maxLength": 80}},
                "required": ["number", "suggestion"],
            },
        },
    },
    "required": ["agree"],
}


class Briefing:
    """What all agents of a round are told first."""

    def __init__(self, chart: Chart, settings: Settings, members: Sequence[str] = ()) -> None:
        """`members` are the specialties that were chosen; none before the manager has chosen."""
        self.chart = chart
        self._members = "".join(f"\n{title(name)}：{_named_issues(name)}" for name in members) or "尚未选定"
        self._settings = settings
        self._open = relevant(chart, settings)
        self._known = "；".join(f"{name} {dimensions()[name]['name_zh']}" for name in self._open)
        names = [dimensions()[name]["name_zh"] for name in chart.covered()]
        self._asked = "、".join(names) or "尚无"

    def manager(self) -> Call:
        """Which specialists, and what the complaint is."""
        rows = {row["id"]: row for row in table("specialties")["specialties"]}
        listed = "\n".join(f"{name}：{row['name_zh']}（{row['scope']}）" for name, row in rows.items())
        schema = {
            "type": "object",
            "properties": {
                "specialties": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
                "chief_complaint": {"type": "string", "maxLength": 80},
            },
            "required": ["specialties", "chief_complaint"],
        }
        return self._call("consult-manager", schema, 60, specialties=listed, number=str(self._settings.specialists))

    def proposal(self, member: str) -> Call:
        """The questions of a member."""
        most = self._settings.proposals
        number = "一个" if most == 1 else "一到两个"
        return self._questions("consult-team", most, role=title(member), number=number)

    def review(self, member: str, listed: str) -> Call:
        """Whether a member agrees with the questions."""
        return self._call("consult-review", REVIEW, 40, role=title(member), questions=listed)

    def rewriting(self, listed: str, suggestions: Sequence[str], count: int) -> Call:
        """The questions anew, as the members suggest."""
        return self._questions("consult-rewrite", count, questions=listed, suggestions="\n".join(suggestions))

    def _call(self, task: str, schema: Record, expected: int, **values: str) -> Call:
        messages = load(task).messages(
            {"told": self.chart.text}, dimensions=self._known, members=self._members, **values
        )
        return Call(messages, schema, expected_tokens=expected)

    def _questions(self, task: str, most: int, **values: str) -> Call:
        """Questions must be about a dimension that this patient can be asked about."""
        one = {
            "type": "object",
            "properties": {
                "question": {"type": "string", "minLength": 2, "maxLength": _LONGEST},
                "dimension": {"enum": self._open},
                "reason": {"type": "string", "maxLength": 80},
            },
            "required": ["question", "dimension"],
        }
        schema = {
            "type": "object",
            "properties": {"questions": {"type": "array", "minItems": 1, "maxItems": max(most, 1), "items": one}},
            "required": ["questions"],
        }
        messages = load(task).messages(
            {"told": self.chart.text}, dimensions=self._known, members=self._members, asked=self._asked, **values
        )
        return Call(messages, schema, check=_check, expected_tokens=120)


def _check(answer: Any) -> None:
    for one in answer["questions"]:
        question = one_line(one["question"])
        if not is_question(question):
            raise ReplyError("bad_question", "question 必须是一句完整的问话，以问句结尾，不重复，请改正。")
        if why := oversteps(question) or oversteps(one_line(str(one.get("reason", "")))):
            raise ReplyError("bad_question", f"只提问：{why}")


def title(member: str) -> str:
    """Who a member is, in Chinese."""
    if member == GENERALIST:
        return "全科医师"
    rows = {row["id"]: row for row in table("specialties")["specialties"]}
    return f"{rows[member]['name_zh']}医师"


def _named_issues(member: str) -> str:
    """What a member looks after, in one line; the generalist's are the dimensions, which all have read already."""
    return "专科没有想到的方面，先问十问中还没有问到的" if member == GENERALIST else "；".join(key_issues(member))


def issues_of(member: str) -> list[str]:
    """Key issues of a specialist; of the generalist, the items of the song."""
    if member == GENERALIST:
        return [f"{row['name_zh']}" for row in dimensions().values()]
    return key_issues(member)
