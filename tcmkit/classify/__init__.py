"""`tcm classify`: syndrome differentiation that says why."""

from .classifier import Classifier
from .deciding import Deciding, deciding_findings
from .diseases import diseases, diseases_of
from .engine import Assessment, Engine
from .labels import label_of, label_set, leaks
from .names import canonical, elements_of
from .settings import Settings
from .signs import signs

__all__ = [
    "Assessment",
    "Classifier",
    "Deciding",
    "Engine",
    "Settings",
    "canonical",
    "deciding_findings",
    "diseases",
    "diseases_of",
    "elements_of",
    "label_of",
    "label_set",
    "leaks",
    "signs",
]
