"""Carry a request to a partner's system and bring back its response; the only part of the gateway with sockets out."""
