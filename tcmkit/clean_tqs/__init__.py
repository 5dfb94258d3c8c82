"""`tcm clean-tqs`: raw records become Cases ordered by the Ten Questions Song."""

from .cleaner import Cleaner
from .everyday import is_denial, is_told, said
from .fold import fold
from .settings import Settings

__all__ = ["Cleaner", "Settings", "fold", "is_denial", "is_told", "said"]
