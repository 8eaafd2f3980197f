"""The common language: what every partner's record is turned into, and nothing about how it travels."""
