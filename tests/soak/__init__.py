"""The soak: people live in a Rollcall that is hurt all the time, and everything they see is true.

`python -m tests.soak --minutes 60 --people 100 --seed 7`. Here `script.py` is the loop, `town.py`
what is hurt, `faults.py` how, `resident.py` who lives there, `oracle.py` what must be true.
"""
