"""The usual recipe for presence on stock Flask-SocketIO, and its adapter."""
