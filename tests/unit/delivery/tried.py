"""What of the hostile corpus was tried, and how often it was connected to: told at the end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Tried:
    """`connections` are those to anything but the benign receiver."""

    urls: int = 0
    redirects: int = 0
    connections: int = 0

    def lines(self) -> list[str]:
        """For people; nothing where nothing was tried."""
        if not self.urls + self.redirects:
            return []
        return [
            f"hostile: {self.urls} URLs and {self.redirects} redirects tried, "
            f"{self.connections} connections made"
        ]


TRIED = Tried()
"""Of this process."""
