"""How long `tcm --help` takes beside importing the two libraries that it stands on.

python benchmarks/startup.py [--runs 20]
"""

import argparse
import sys

from measure import TCM, Usage, figure, measure, medians, table

COMMANDS = {
    'python -c "import typer, rich"': (sys.executable, "-c", "import typer, rich"),
    "tcm --help": (*TCM, "--help"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    usages: dict[str, list[Usage]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        measure(command)  # the first run reads the disk
    for _ in range(options.runs):
        for name, command in COMMANDS.items():
            usages[name].append(measure(command))
    floor, ours = map(medians, usages.values())
    rows = [
        (name, f"{one.wall:.3f}", f"{one.cpu:.3f}", f"{one.wall / floor.wall:.2f}", f"{one.cpu / floor.cpu:.2f}")
        for name, one in zip(COMMANDS, (floor, ours), strict=True)
    ]
    print(table((f"median of {options.runs}", "wall s", "CPU s", "wall ratio", "CPU ratio"), rows))
    figure("tcm --help", ours.wall, "s", "import typer, rich", floor.wall)


if __name__ == "__main__":
    main()
