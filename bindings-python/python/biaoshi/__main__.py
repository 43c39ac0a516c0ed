"""The command `biaoshi`."""

from __future__ import annotations

import sys

from . import _native


def main() -> int:
    """Runs the command with the arguments of this process."""
    # Without the folder one stands in on the path: a file there could take the place of a module.
    return _native.main(sys.executable, ["-P", "-m", "biaoshi"], sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
