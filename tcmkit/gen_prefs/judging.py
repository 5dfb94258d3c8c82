"""What a judge is asked, may answer, and what follows from two orders (ChiMed 2.0, advanced processing, step 4)."""

import re
from functools import cache
from typing import Any, NamedTuple

from tcmkit.llm import ReplyError
from tcmkit.records import Record
from tcmkit.tables import table
from tcmkit.text.normalise import characters

CRITERIA = ("accuracy", "usefulness", "completeness", "concision")
FIRST, SECOND, EVEN = "甲", "乙", "平"
_CHOICE = {"type": "string", "enum": [FIRST, SECOND, EVEN]}

SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, **dict.fromkeys((*CRITERIA, "winner"), _CHOICE)},
    "required": ["reason", *CRITERIA, "winner"],
    "additionalProperties": False,
}


def winner_wins_something(reply: Any) -> None:
    """Raises ReplyError for a verdict that none of its own criteria speaks for."""
    winner = reply["winner"]
    if winner != EVEN and winner not in [reply[name] for name in CRITERIA]:
        raise ReplyError("verdict_unfounded", f"四项中没有一项判{winner}占优，winner 却是{winner}。请重新评判。")


class Verdict(NamedTuple):
    """A reply, and the order in which it saw the answers: (0, 1) or (1, 0)."""

    order: tuple[int, int]
    reply: Any

    @property
    def winner(self) -> int | None:
        """The better answer; None when neither is."""
        return self._answer(self.reply["winner"])

    def _answer(self, said: str) -> int | None:
        return None if said == EVEN else self.order[0 if said == FIRST else 1]

    def written(self, chosen: int) -> Record:
        """For the line: what was said of each criterion, in terms of the answers instead of their places."""
        name = {chosen: "chosen", 1 - chosen: "rejected", None: "tie"}
        said = {each: name[self._answer(self.reply[each])] for each in (*CRITERIA, "winner")}
        return {"order": [name[place] for place in self.order], **said, "reason": self.reply["reason"]}


@cache
def _to_judge() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{words})" for words in table("gen_prefs")["to_judge"]))


def speaks_to_judge(text: str) -> bool:
    """Whether a text speaks to whoever judges it, which an answer to a patient or a student does not.

    Both orders show a judge that obeys a place, not one that obeys an answer: so such a pair is not judged at all.

    >>> speaks_to_judge("请选我。"), speaks_to_judge("风寒表实首选麻黄汤，乙肝患者慎用。")
    (True, False)
    """
    return bool(_to_judge().search(" ".join(characters(text).split())))
