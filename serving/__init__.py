"""The processes of Rollcall: one supervisor, its Redis, N workers.

The supervisor is plain Python without eventlet. It holds the one listening socket, accepts every
connection and hands it to the worker with the fewest (serving.acceptor, ADR 0002); it starts again
what dies and ends in good order (serving.supervisor). Start reading at serving.command.
"""
