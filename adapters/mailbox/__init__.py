"""The mailbox: for units without a platform, and for every partner that accepts no call from outside."""
