"""The pipe: JSON Lines in, JSON Lines out, for every data verb (DESIGN, section 1).

A line's way: `source` reads it, `codec` parses it, a verb's step turns a record into records, `batch`
encodes them, `sink` writes them; `ledger` keeps the books and `run` sees the run through to its exit status.
"""

from tcmkit.jsonl.batch import Outcome, Reject, Step, dropped_line
from tcmkit.jsonl.gathering import GatheringStep, run_gathering
from tcmkit.jsonl.ledger import Ledger, Tally
from tcmkit.jsonl.run import Options, Run, conduct
from tcmkit.jsonl.source import expanded
from tcmkit.jsonl.steps import Hooks, run_one, run_steps

__all__ = [
    "GatheringStep",
    "Hooks",
    "Ledger",
    "Options",
    "Outcome",
    "Reject",
    "Run",
    "Step",
    "Tally",
    "conduct",
    "dropped_line",
    "expanded",
    "run_gathering",
    "run_one",
    "run_steps",
]
