"""`tcm gen-prefs`: two answers to a question, of which one is better, and why."""

from .run import run_gen_prefs
from .settings import KINDS, Settings

__all__ = ["KINDS", "Settings", "run_gen_prefs"]
