"""Everything the gateway keeps: the only thing that its two halves share."""
