"""`python -m partgen` is the command line program `partgen`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
