"""`tcm decontaminate`: training lines that hold an item of an evaluation set are dropped."""

from .settings import Settings
from .step import Decontaminator

__all__ = ["Decontaminator", "Settings"]
