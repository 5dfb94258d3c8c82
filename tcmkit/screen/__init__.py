"""Screening: is there toxic content, is there somebody's identity (ChiMed 2.0, advanced processing, step 1).

Rules first, then the model for what no rule finds; a model must quote what it objects to. Medical terms do not count.
"""

from tcmkit.screen.screener import ModelScreener, Screener
from tcmkit.screen.settings import Settings

__all__ = ["ModelScreener", "Screener", "Settings"]
