"""The command `vtloop`; see `integrations.cli`."""

import sys

from vtloop.integrations.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
