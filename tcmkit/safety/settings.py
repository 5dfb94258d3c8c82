"""Options of the safety check."""

from dataclasses import dataclass

from tcmkit.language import Language


@dataclass(frozen=True)
class Settings:
    """What a checker needs; it can be sent to another process."""

    language: Language | None = None
    """Language of the messages; None is the language in force where the checker is made."""
    field_map: tuple[tuple[str, str], ...] = ()
    """Our field and the input's name for it, where the name alone does not tell."""
