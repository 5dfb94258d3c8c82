"""`tcm gen-prefs --llm rules` as a whole."""

from functools import partial

from tcmkit.gen_prefs import bias
from tcmkit.gen_prefs.settings import Settings
from tcmkit.gen_prefs.step import Planting
from tcmkit.jsonl import Hooks, Options, Run, run_steps


def run_gen_prefs(settings: Settings, options: Options) -> int:
    """Make preferences of the questions in `options.inputs`; the exit status. Raises TcmError."""
    return run_steps("gen-prefs", partial(Planting, settings), options, hooks=Hooks(at_end=say_bias))


def say_bias(run: Run) -> None:
    """How often the chosen answer is the longer one, and what was planted, on stderr and in the summary."""
    counted = run.ledger.noted
    errors = {name.partition(" ")[2]: count for name, count in sorted(counted.items()) if name.startswith("error ")}
    lengths = {side: counted[f"longer {side}"] for side in bias.SIDES}
    run.ledger.notes |= {"errors": errors, **bias.noted(lengths)}
    if not run.options.quiet:
        for line in bias.said(lengths):
            run.say(line)
