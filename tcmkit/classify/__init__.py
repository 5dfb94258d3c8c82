"""`tcm classify`: syndrome differentiation that says why."""

from .classifier import Classifier
from .deciding import Deciding, deciding_findings
from .diseases import diseases, diseases_of
from .engine import Assessment, Engine
from .labels import label_of, label_set, leak_remark, leaks
from .linear import TrainedEngine
from .names import canonical, elements_of
from .pages import engine_of
from .settings import Settings
from .signs import signs, signs_of
from .store import load, save
from .training import Lessons, fit

__all__ = [
    "Assessment",
    "Classifier",
    "Deciding",
    "Engine",
    "Lessons",
    "Settings",
    "TrainedEngine",
    "canonical",
    "deciding_findings",
    "diseases",
    "diseases_of",
    "elements_of",
    "engine_of",
    "fit",
    "label_of",
    "label_set",
    "leak_remark",
    "leaks",
    "load",
    "save",
    "signs",
    "signs_of",
]
