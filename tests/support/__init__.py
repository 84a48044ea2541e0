"""What the tests stand on: real processes, and clients that speak the protocol by hand."""
