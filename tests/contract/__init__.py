"""The contract suite: what every adapter must keep, found by the table of adapters and their samples alone."""
