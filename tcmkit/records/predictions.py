"""The syndrome of a case, with its candidates and its reasons."""

from typing import NotRequired

from typing_extensions import TypedDict

from tcmkit.records.base import Span
from tcmkit.records.cases import Case


class Candidate(TypedDict):
    """A syndrome with its probability."""

    syndrome: str
    score: float


class Reason(Span):
    """A finding that speaks for or against the syndrome, quoted."""

    sign: str
    """The sign of the table that the words were read as."""
    weight: float
    """What it adds to the score, in natural logarithms; negative against."""


class DiseaseSpan(Span):
    """A disease that the record names or implies, quoted."""

    name: str


# A function call, because `for` is no name that a class could give a field.
Why = TypedDict("Why", {"disease": list[DiseaseSpan], "for": list[Reason], "against": list[Reason]})


class Ask(TypedDict):
    """A finding that nobody has told yet and that would decide."""

    sign: str
    dimension: str
    bits: float
    """Expected information about the syndrome."""


class Prediction(Case):
    """A case with its syndrome (pattern, 证): made by `tcm classify`."""

    syndrome: str
    """The likeliest; the best guess also where the model abstains."""
    score: float
    """Its probability."""
    candidates: list[Candidate]
    """The likeliest first."""
    abstained: bool
    """Too unsure to be used without a physician."""
    why: NotRequired[Why]
    ask: NotRequired[list[Ask]]
    label: NotRequired[str]
    """The label that the record came with."""
