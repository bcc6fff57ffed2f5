"""`python -m greenhouse` is `python -m greenhouse.control`."""

import sys

from .control import main

main(sys.argv[1:])
