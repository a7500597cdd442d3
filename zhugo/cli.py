"""The command `zhugo`. What it does is in ``app``; here is only how it begins and ends.

It looks after signals before anything else is loaded, which takes a moment in which a person may change his mind.
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
