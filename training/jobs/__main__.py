"""``python -m training.jobs run FOLDER`` runs a job to its end; ``work`` is what it starts itself."""

import sys
from pathlib import Path

from sandbox.clean_start import clean


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run", folder]:
            from training.jobs.supervisor import supervise

            return supervise(Path(folder))
        case ["work", folder, parent, kept]:
            from training.jobs.worker import work

            return work(Path(folder), int(parent), int(kept))
    sys.stderr.write("usage: python -m training.jobs run FOLDER\n")
    return 2


if __name__ == "__main__":
    clean()
    sys.exit(main(sys.argv[1:]))
