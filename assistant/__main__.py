"""``python -m assistant`` is the same program as ``apprentice``."""

import sys

from assistant.entry import main

if __name__ == "__main__":
    sys.exit(main())
