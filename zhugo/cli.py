"""The entry point of the command `zhugo`: its signals and its exit code. The commands are in ``app``.

It handles signals before anything else is loaded, so that Ctrl-C works while modules load.
"""

import os
import sys

from zhugo.shared import interrupts

if __name__ == "__main__" or os.path.basename(sys.argv[0]).startswith("zhugo"):  # noqa: PTH119
    interrupts.go_at_once()


def main() -> None:
    """Run one command. Exit code 2 and one line on stderr for bad input, 130 after Ctrl-C, 143 after SIGTERM."""
    from zhugo.app import run

    code, interrupted = run()
    if interrupted:
        interrupts.leave(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
