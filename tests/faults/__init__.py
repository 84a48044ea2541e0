"""Workers, Redis and clients die here; what people see is compared with the truth."""
