"""What can go wrong, and the exit status each case ends with.

    TcmError                1  failed; the message is one line that says what to do
    ├── UsageError          2  the command line cannot be carried out as written
    ├── InputError          1  a file or stream cannot be read
    ├── OutputError         1  a file or stream cannot be written
    ├── StrictError         1  --strict met a record that cannot be used
    └── MissingExtra        1  a feature needs packages that are not installed
    RecordError             -  one record cannot be used: it is rejected and the run goes on

Exit statuses (DESIGN, section 1): 0 done, 1 failed, 2 usage, 3 done with rejects, 130 Ctrl-C.
"""

from tcmkit.language import both

DONE = 0
FAILED = 1
USAGE = 2
DONE_WITH_REJECTS = 3
INTERRUPTED = 130


class TcmError(Exception):
    """A run that cannot go on. Its text is one line for the user: what, where, what to do next."""

    exit_status = FAILED


class UsageError(TcmError):
    """Options that do not fit together, or a value that no run can use."""

    exit_status = USAGE


class InputError(TcmError):
    """An input that is not there or cannot be read."""


class OutputError(TcmError):
    """An output that cannot be written."""


class StrictError(TcmError):
    """The first unusable record of a run with --strict."""


class MissingExtra(TcmError):
    """A feature that needs an optional set of packages.

    >>> str(MissingExtra("reading formulas with FAISS", "dense"))
    'reading formulas with FAISS needs the extra [dense]: run  pip install "tcmkit[dense]"'
    """

    def __init__(self, feature: str, extra: str) -> None:
        install = f'pip install "tcmkit[{extra}]"'
        super().__init__(
            both(
                f"{feature} needs the extra [{extra}]: run  {install}",
                f"{feature} 需要可选组件 [{extra}]：请运行  {install}",
            )
        )


class RecordError(Exception):
    """One record that cannot be used.

    `reason` is a short code that is counted and logged. `detail` says more without quoting the
    record: it may name a field or an offset, never the text, because logs must hold no patient's words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["RecordError"], tuple[str, str]]:
        """Cross a process border whole (the default would pass one argument only)."""
        return (RecordError, (self.reason, self.detail))
