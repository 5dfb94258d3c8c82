"""The step of `tcm gen-prefs`: a question and its grounded answer to a preference."""

import random
from collections import Counter

from tcmkit.errors import RecordError
from tcmkit.gen_prefs import bias, prescriptions, wordings
from tcmkit.gen_prefs.errors import Asked, Planted, Planter
from tcmkit.gen_prefs.settings import Settings
from tcmkit.gen_prefs.write import Pair, preference
from tcmkit.language import both
from tcmkit.records import Drop, Record, content_id

_PLANTERS: dict[str, Planter] = {
    "dose": prescriptions.dose,
    "pair": prescriptions.pair,
    "syndrome": wordings.syndrome,
    "herb": prescriptions.herb,
    "red_flag": wordings.red_flag,
    "contradiction": wordings.contradiction,
    "missing_part": wordings.missing_part,
}


class Planting:
    """The grounded answer is chosen; the same answer with one planted error, proved wrong, is rejected.

    In place of the two sampled answers and the judge of ChiMed 2.0 (Advanced processing, step 4): no model, and the
    verdict is certain.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.noted: Counter[str] = Counter()

    def __call__(self, record: Record) -> list[Record] | Drop:
        """The preference of a record. Raises RecordError("no_answer") where question or answer is missing."""
        question, answer = record.get("question"), record.get("answer")
        if not (isinstance(question, str) and question.strip() and isinstance(answer, str) and answer.strip()):
            raise RecordError(
                "no_answer",
                both(
                    "question and answer are needed; other formats: tcm convert",
                    "需要 question 与 answer；其他格式请用 tcm convert 转换",
                ),
            )
        if record.get("options"):
            return Drop("choice", "the answer of a choice is a letter")
        own = record.get("id")
        name = str(own) if isinstance(own, str | int) else content_id(question, answer)
        dice = random.Random(f"{self._settings.seed}\x1f{name}")
        asked = Asked(question, answer, _grounds(record))
        planted = self._choose(asked, dice)
        if isinstance(planted, Drop):
            return planted
        pair = Pair(question, answer, planted.in_answer(answer))
        self.noted.update((f"error {planted.kind}", f"longer {bias.longer(pair.chosen, pair.rejected)}"))
        more: Record = {"judge": {"engine": "rules"}, "error": planted._asdict()}
        return [preference(record, pair, content_id(name, planted.kind, pair.rejected), more)]

    def _choose(self, asked: Asked, dice: random.Random) -> Planted | Drop:
        """One of the errors that can be planted, each kind with the same chance."""
        kinds = {
            kind: found
            for kind in self._settings.kinds
            if (found := [p for p in _PLANTERS[kind](asked, dice) if p.in_answer(asked.answer) != asked.answer])
        }
        if not kinds:
            return Drop("nothing_to_plant", "no error that the tables prove")
        if self._settings.balance_length:
            kinds = _balanced(kinds, dice)
            if not kinds:
                return Drop("length_bias", "every error would change the length the same way")
        return dice.choice(kinds[dice.choice(sorted(kinds))])


def _balanced(kinds: dict[str, list[Planted]], dice: random.Random) -> dict[str, list[Planted]]:
    """Errors that keep the length; else, where longer and shorter ones can be had, one side by the toss of a coin."""
    sides = {
        sign: {kind: kept for kind, found in kinds.items() if (kept := [p for p in found if _sign(p) == sign])}
        for sign in (-1, 0, 1)
    }
    if sides[0]:
        return sides[0]
    return sides[dice.choice((-1, 1))] if sides[1] and sides[-1] else {}


def _sign(planted: Planted) -> int:
    return (planted.growth > 0) - (planted.growth < 0)


def _grounds(record: Record) -> str:
    """What an answer rests on."""
    evidence = record.get("evidence")
    if isinstance(evidence, dict) and evidence.get("doc_id") is not None:
        return f"evidence: {evidence['doc_id']}[{evidence.get('start')}:{evidence.get('end')}]"
    return "the given answer"
