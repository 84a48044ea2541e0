"""The servers that Rollcall is measured beside, each as its own documentation shows it.

What all of them do: a connection names its rooms when it connects; `post` {room, body} is acked and
`message` goes to everybody in the room, through Redis, as with several processes."""
