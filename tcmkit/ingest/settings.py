"""What `tcm ingest` is told."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tcmkit.llm import ModelOptions

from tcmkit.literature import Sources


@dataclass(frozen=True)
class Settings:
    """Options of ingest; every filter has its switch."""

    max_chars: int = 3000
    """Longer sections are split at sentence ends; 0 never splits."""
    repair: bool = True
    """Undo the known damage of the converted old books."""
    script: Literal["keep", "simplified"] = "keep"
    strip_chatter: bool = True
    """Take greetings and thanks out of texts of our time."""
    min_chars: int = 30
    """Drop shorter documents (characters that are not white space)."""
    min_text_share: float = 0.5
    """Drop documents with a smaller share of letters, characters and digits: tables of dashes, broken encodings."""
    pii: Literal["mask", "drop", "keep"] = "mask"
    screen: bool = True
    """Drop insults, hate and miracle cures."""
    department: bool = True
    url_dup: bool = True
    exact_dup: bool = True
    near_dup: float = 0.8
    """Jaccard similarity from which a document is a near duplicate; 0 switches the filter off."""
    drop_worst: float = 0.01
    """Share of documents with the highest perplexity to drop; 0 lets the stream flow."""
    max_ppl: float | None = None
    """Drop documents above this perplexity; needs `lm`."""
    lm: str | None = None
    """A saved language model; else one is trained on the stream itself or on `lm_corpus`."""
    lm_corpus: tuple[str, ...] = ()
    save_lm: str | None = None
    ppl_llm: "ModelOptions | None" = None
    """A language model of the user's own that scores in place of the built-in one."""
    literature: Sources | None = None
    """Where to look up which journal a PDF appeared in; None does not ask."""
    journal_table: str | None = None
    """Write what was found of each paper here, as CSV."""
    field_map: dict[str, str] = field(default_factory=dict)
    """Our field to the input's: {"text": "Clinical Data"}."""
