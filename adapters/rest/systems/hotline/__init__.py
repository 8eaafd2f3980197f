"""A court's 12368 hotline (JSON): work orders come in, how they were handled goes back."""
