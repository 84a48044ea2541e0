"""The table of turns: which worker does a chore that any of them could do.

The rule of the file: a turn ends by the clock, so that nobody waits for a worker that died.
"""

from sqlalchemy import BigInteger, Column, String, Table

from chat.db import metadata

turns = Table(
    "turns",
    metadata,
    Column("chore", String(32), primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)
