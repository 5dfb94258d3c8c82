"""`tcm gen-prefs`: two answers to a question, of which one is better, and why."""

from tcmkit.gen_prefs.run import run_gen_prefs
from tcmkit.gen_prefs.settings import KINDS, LONGEST, ModelSettings, Settings

__all__ = ["KINDS", "LONGEST", "ModelSettings", "Settings", "run_gen_prefs"]
