"""Every step of the loop as a line of JSON: who did what, with which scores, and what came of it.

A step has `agent` and `call`, `round` where it belongs to one, and what the agent gave: `proposed` and `rewritten`
questions each with `comprehensiveness`, `pertinence` and `total`; `agreed` and `suggestions`; `left_out`; `chosen`;
what was `heard`, how it was understood and its `evidence`; `ended`. From `told` the scores can be worked out again.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from tcmkit.consult.asking import Question
from tcmkit.consult.chart import Chart
from tcmkit.consult.scoring import Similarity, key_issues, score
from tcmkit.errors import OutputError
from tcmkit.jsonl import codec
from tcmkit.language import both
from tcmkit.records import Record

Trace = Callable[[Record], None]
"""Takes a step."""


def no_trace(_step: Record) -> None:
    """Nobody wants to know."""


class TraceFile:
    """A file of steps that only its owner may read; each is written as it is made."""

    def __init__(self, path: Path) -> None:
        """Open the file, empty. Raises OutputError."""
        self._path = path
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.chmod(path, 0o600)  # a file that was there keeps its mode
        except OSError as error:
            raise self._failed(error) from None
        self._file = open(descriptor, "wb", buffering=0)  # noqa: SIM115 - closed by close

    def __call__(self, step: Record) -> None:
        """Write a step. Raises OutputError."""
        try:
            self._file.write(codec.dump(step))
        except OSError as error:
            raise self._failed(error) from None

    def close(self) -> None:
        """Nothing more will come."""
        self._file.close()

    def _failed(self, error: OSError) -> OutputError:
        reason = error.strerror or str(error)
        return OutputError(
            both(
                f"--trace {self._path}: {reason}; choose another place", f"--trace {self._path}：{reason}；请换一个位置"
            )
        )


def of_answer(turn: Record, chart: Chart) -> Record:
    """What was heard, how it was understood, and what the record shows by now."""
    kept: Record = {key: turn[key] for key in ("round", "dimension", "how", "wrote") if key in turn}
    return {"agent": "record", "call": "hear", **kept, "heard": turn["text"], **of_record(chart)}


def of_record(chart: Chart) -> Record:
    """What the record says and shows."""
    evidence = [
        {"dimension": dimension, "text": one["text"], "polarity": one["polarity"]}
        for dimension, found in chart.findings.items()
        for one in found
    ]
    return {"told": chart.text, "evidence": evidence}


def of_session(turns: Sequence[Record], chart: Chart, ended: str) -> Record:
    """The record as it stands after the complaint, and after earlier answers were changed."""
    flags = [turn["text"] for turn in turns if turn["role"] == "red_flag"]
    more = {"red_flags": flags, "ended": ended} if flags else {}
    return {"agent": "record", "call": "read", **of_record(chart), **more}


def of_questions(questions: Sequence[Question], specialty: str, told: str, similar: Similarity) -> Record:
    """What the built-in engine proposes, scored as a team's questions are."""
    issues = key_issues(specialty)
    proposed = [
        {
            "question": one.text,
            "dimension": one.dimension,
            "named": list(one.named),
            "bits": one.bits,
            "reason": one.reason,
            **score(one.text, issues, told, similar).as_record(),
        }
        for one in questions
    ]
    return {"agent": "built-in", "call": "propose", "specialty": specialty, "proposed": proposed}


def of_end(rounds: int, ended: str, advice: Record | None) -> Record:
    """Why a consultation ended, and what it comes to."""
    found = (advice or {}).get("syndrome") or {}
    names = [hit["formula"]["name"] for hit in (advice or {}).get("formulas", ())]
    return {
        "round": rounds,
        "agent": "consultation",
        "call": "end",
        "ended": ended,
        "syndrome": found.get("syndrome"),
        "formulas": names,
    }
