"""What was measured already, in a file: a run that was ended goes on where it was.

A line of JSON for each: what was measured, and what came of it. A line that a power cut tore is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zhugo.shared.errors import UserError, one_line


class Kept:
    """``file``: None, and nothing is kept beyond this process. The file is for one build alone."""

    def __init__(self, file: Path | None) -> None:
        """Raises ``UserError`` where it cannot be read or written."""
        self._file, self._known = file, dict[str, Any]()
        if file is None:
            return
        try:
            with file.open("a+", encoding="utf-8") as lines:
                lines.seek(0)
                text = lines.read()
                if text and not text.endswith("\n"):
                    lines.write("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--keep {file}: {one_line(error)}") from None
        for line in text.splitlines():
            try:
                said = json.loads(line)
                self._known[said["what"]] = said["came"]
            except (ValueError, KeyError, TypeError):
                continue

    def of(self, what: str) -> Any:
        """What came of this; None where it was not measured."""
        return self._known.get(what)

    def add(self, what: str, came: Any) -> None:
        """It was measured now. Raises ``UserError`` where it cannot be written."""
        self._known[what] = came
        if self._file is not None:
            try:
                with self._file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps({"what": what, "came": came}) + "\n")
            except OSError as error:
                raise UserError(f"--keep {self._file}: {one_line(error)}") from None

    def once(self, what: str, measure: Callable[[], Any]) -> Any:
        """What came of this, measured now unless it was before."""
        if self.of(what) is None:
            self.add(what, measure())
        return self.of(what)
