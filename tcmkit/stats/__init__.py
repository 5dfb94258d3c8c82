"""`tcm stats`: what is in our files, as the tables of the papers show it."""

from .run import run_stats
from .settings import Settings

__all__ = ["Settings", "run_stats"]
