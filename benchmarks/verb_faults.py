"""Every verb of the pipe under each fault: a full disk, a reader that goes, a folder that is read-only, kill -9.

A module of `reliability.py`, no script. The full disk is a small tmpfs where one may be mounted, else a limit on the
size of a file. The clock is the C library's own, replaced, so all that asks for the time of day is told nonsense.
"""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from measure import TCM

EXAM = Path(__file__).resolve().parent.parent / "examples" / "sample" / "exam.jsonl"
VERBS = {
    "ingest": ("documents", "--drop-worst 0.02"),
    "screen": ("documents", ""),
    "modernize": ("documents", ""),
    "clean-tqs": ("documents", ""),
    "classify": ("documents", ""),
    "retrieve": ("few", ""),
    "check": ("documents", ""),
    "gen-qa": ("documents", ""),
    "gen-prefs": ("questions", ""),
    "decontaminate": ("questions", f"--against {EXAM}"),
    "stats": ("documents", "--html page.html"),
    "convert": ("questions", "--to alpaca"),
    "consult": ("few", "--patient simulated"),
}
"""Each verb with what it reads and its options."""
ROOM = 4096
"""Bytes of the full disk, the least that a tmpfs can have; something lies on it."""
LIMIT = 256
"""Bytes that a file may have where no tmpfs can be had: less than any of the outputs."""
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long shift(void) { static const long by[] = {-40000000, -60, 0, 60, 40000000}; return by[random() % 5]; }
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(id, now);
    if (id == CLOCK_REALTIME) now->tv_sec += shift();
    return status;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec spec;
    int status = clock_gettime(CLOCK_REALTIME, &spec);
    now->tv_sec = spec.tv_sec;
    now->tv_usec = spec.tv_nsec / 1000;
    return status;
}
time_t time(time_t *out) {
    struct timespec spec;
    clock_gettime(CLOCK_REALTIME, &spec);
    if (out) *out = spec.tv_sec;
    return spec.tv_sec;
}
"""


class Verb:
    """One verb, its input, and what an undisturbed run writes."""

    def __init__(self, name: str, folder: Path) -> None:
        source, options = VERBS[name]
        self.name = name
        self.folder = folder
        self.command = [*TCM, name, f"{source}.jsonl", *options.split(), "--lang", "en", "--quiet"]
        self.right = self.run("-o", "right").returncode
        self.bytes = (folder / "right").read_bytes()

    def run(self, *more: str, **how: object) -> "subprocess.CompletedProcess[bytes]":
        """The verb with these options too."""
        command = [*self.command, *more]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=False, **how)  # type: ignore[call-overload, no-any-return]

    def right_again(self, **how: object) -> bool:
        """Whether a run now gives the right bytes."""
        again = self.run("-o", "again", **how)
        return again.returncode == self.right and (self.folder / "again").read_bytes() == self.bytes


def inputs(folder: Path, documents: Iterator[bytes]) -> None:
    """Documents of a few hundred lines, fewer of them for the slow verbs, and questions made of them."""
    lines = b"".join(documents).splitlines(keepends=True)
    (folder / "documents.jsonl").write_bytes(b"".join(line for line in lines if b'"id"' in line))
    (folder / "few.jsonl").write_bytes(b"".join(lines[:61:3]))
    made = [*TCM, "gen-qa", "documents.jsonl", "-o", "questions.jsonl", "--quiet"]
    subprocess.run(made, cwd=folder, check=True)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk with no room left, or None where none may be mounted."""
    place = folder / "disk"
    place.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        (place / "filling").write_bytes(bytes(ROOM))
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def limited() -> None:
    """In a child: no file may grow beyond what the small disk takes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def full(verb: Verb) -> str:
    """What is wrong with a run on a full disk; nothing if it ends with one line and leaves nothing."""
    with small_disk(verb.folder) as disk:
        place = disk or verb.folder / "disk"
        ended = verb.run("-o", str(place / "out"), **({} if disk else {"preexec_fn": limited}))
        return said_once(ended) or (
            "something is left" if {path.name for path in place.iterdir()} - {"filling"} else ""
        )


def read_only(verb: Verb) -> str:
    """The same for a folder that nobody may write, root included."""
    return said_once(verb.run("-o", "/sys/out"))


def said_once(ended: "subprocess.CompletedProcess[bytes]") -> str:
    """What is wrong with a run that must fail with one line."""
    lines = ended.stderr.decode().strip().splitlines()
    return "" if ended.returncode == 1 and len(lines) == 1 else f"status {ended.returncode}: {lines[-3:]}"


def reader_goes(verb: Verb) -> str:
    """What is wrong when the reader takes one line and goes."""
    with subprocess.Popen(verb.command, cwd=verb.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    named = [line for line in err.splitlines() if b"Broken" in line or b"Traceback" in line]
    return "" if process.returncode in (0, verb.right) and not named else f"status {process.returncode}: {err!r}"


def killed(verb: Verb) -> str:
    """What is wrong after kill -9 at three moments, and one run more."""
    started = time.perf_counter()
    verb.run("-o", "timed")
    whole = time.perf_counter() - started
    out = verb.folder / "again"
    out.write_bytes(b"old\n")
    for part in (0.4, 0.6, 0.8):
        process = subprocess.Popen([*verb.command, "-o", "again"], cwd=verb.folder)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(part * whole)
        process.kill()
        process.wait()
        if out.read_bytes() not in (b"old\n", verb.bytes):
            return f"half an output after {part} of the time"
    return "" if verb.right_again() else "the run after it gives other bytes"


def clock_jumps(verb: Verb, library: Path) -> str:
    """What is wrong when the clock jumps by a year or a minute, both ways, at each look."""
    env = {**os.environ, "LD_PRELOAD": str(library)}
    return "" if verb.right_again(env=env) else "other bytes"


def compiled_clock(folder: Path) -> Path | None:
    """The clock as a library to be put before the C library; None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(CLOCK)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return library
