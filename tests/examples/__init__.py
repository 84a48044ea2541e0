"""The programs in examples/ and in presence/README.md, run as a reader would run them."""
