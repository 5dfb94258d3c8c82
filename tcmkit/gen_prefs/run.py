"""`tcm gen-prefs` as a whole."""

from functools import partial

from tcmkit.gen_prefs.settings import Settings
from tcmkit.gen_prefs.step import Planting
from tcmkit.jsonl import Hooks, Options, Run, run_steps
from tcmkit.language import both


def run_gen_prefs(settings: Settings, options: Options) -> int:
    """Make preferences of the questions in `options.inputs`; the exit status. Raises TcmError."""
    return run_steps("gen-prefs", partial(Planting, settings), options, hooks=Hooks(at_end=say_bias))


def say_bias(run: Run) -> None:
    """How often the chosen answer is the longer one, and what was planted, on stderr and in the summary."""
    noted = run.ledger.noted
    counts = {side: noted[f"longer {side}"] for side in ("chosen", "rejected", "neither")}
    total = sum(counts.values())
    share = counts["chosen"] / total if total else 0.0
    errors = {name.partition(" ")[2]: count for name, count in sorted(noted.items()) if name.startswith("error ")}
    run.ledger.notes |= {"errors": errors, "longer": counts, "share_of_longer_chosen": round(share, 4)}
    if total and not run.options.quiet:
        chosen, rejected, neither = counts["chosen"], counts["rejected"], counts["neither"]
        run.say(
            both(
                f"the chosen answer is the longer one in {share:.1%} "
                f"(longer {chosen}, shorter {rejected}, equal {neither})",
                f"优选回答较长者占 {share:.1%}（较长 {chosen}，较短 {rejected}，等长 {neither}）",
            )
        )
