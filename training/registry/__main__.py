"""``python -m training.registry ship STUDENT NAME`` makes a registered student the one that comes along."""

import sys

from training.registry.base import RegistryError
from training.registry.serving import own_registry
from training.registry.shipped import ship


def main(arguments: list[str]) -> int:
    match arguments:
        case ["ship", student, name]:
            try:
                sys.stdout.write(f"{ship(own_registry().get(student), name)}\n")
            except (RegistryError, OSError) as error:
                sys.stderr.write(f"{error}\n")
                return 1
            return 0
    sys.stderr.write("usage: python -m training.registry ship STUDENT NAME\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
