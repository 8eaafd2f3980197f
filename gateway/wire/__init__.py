"""What dialects share: charsets, guards around JSON and XML, and the recipes by which requests are signed (pure)."""
