"""A master that does not run for a while, behind its messages and before it looks at its clock.

The arguments: a file at whose appearance it stops, for how many seconds, and then those of ``zhugo-searchd``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from daemon import tree_master
from daemon.process.master import Master


class StoppedMaster(Master):
    """Sleeps without saying so, as a process that is stopped does."""

    sign: Path
    seconds: float

    def _serve_messages(self) -> None:
        super()._serve_messages()
        if self.sign.exists():
            self.sign.unlink()
            time.sleep(self.seconds)


if __name__ == "__main__":
    StoppedMaster.sign, StoppedMaster.seconds = Path(sys.argv.pop(1)), float(sys.argv.pop(1))
    tree_master.main(StoppedMaster)
