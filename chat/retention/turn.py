"""A worker's turn at a chore: asked for in each transaction of it, so that two never do it at once.

The rule of the file: whoever lost his turn is told so before he writes anything. Clocks of workers
may differ: nothing but who works depends on them.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite

from chat.retention.models import turns

TURN_MS: Final = 30_000  # a batch takes some tens of ms, and each asks anew


@dataclass(frozen=True, slots=True)
class Turn:
    """One worker's claim to one chore."""

    chore: str
    holder: str

    def take(self, sql: Connection, now_ms: int) -> bool:
        """Whether it is the holder's turn, for TURN_MS from now on, with the transaction."""
        dialect = postgresql if sql.dialect.name == "postgresql" else sqlite
        mine = {"holder": self.holder, "until_ms": now_ms + TURN_MS}
        write = dialect.insert(turns).values(chore=self.chore, **mine)
        is_free = (turns.c.until_ms <= now_ms) | (turns.c.holder == self.holder)
        taken = sql.execute(
            write.on_conflict_do_update(index_elements=["chore"], set_=mine, where=is_free)
        )
        return taken.rowcount > 0

    def end(self, sql: Connection) -> None:
        """It is anybody's turn, if it was the holder's."""
        own = (turns.c.chore == self.chore) & (turns.c.holder == self.holder)
        sql.execute(delete(turns).where(own))
