"""SM2 signatures with SM3 (GB/T 32918.2): one function, whichever implementation is at hand.

sm2_verify(public_key, message, signature, ident)
  encoding.py   strict forms, range and on-curve checks      always ours
  Z ‖ message   digest by SM3 in C                           always cryptography's
  plain.py      u·G + v·P in Python integers                 always there
  fast.py       the same by GmSSL                            where the extra ``sm2`` is installed
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec

from gateway.rulings.digests import sm3
from gateway.rulings.sm2 import curve, encoding, plain

DEFAULT_ID = b"1234567812345678"  # GM/T 0009 §10: the distinguishing id where nothing else is agreed

Holds = Callable[[curve.Affine, int, tuple[int, int]], bool]


def sm2_verify(
    public_key: bytes, message: bytes, signature: bytes, ident: bytes = DEFAULT_ID, *, by: Holds | None = None
) -> bool:
    """Say whether ``signature`` (DER, or 64 bytes r‖s) is that of ``public_key`` (``04‖x‖y``) over ``message``.

    False for every key, signature or id that is not well-formed. ``by``: the implementation, else the best at hand.
    """
    point = encoding.public_point(public_key)
    numbers = encoding.signature_numbers(signature)
    if point is None or numbers is None or len(ident) >= 1 << 13:
        return False
    e = int.from_bytes(sm3(_z(point, ident), message), "big")
    return (by or best())(point, e, numbers)


@lru_cache(maxsize=1)
def best() -> Holds:
    """Return the fastest implementation that is installed."""
    if find_spec("gmssl_pyx") is None:
        return plain.holds
    from gateway.rulings.sm2 import fast  # noqa: PLC0415 - an extra, not there for everybody

    return fast.holds


def _z(point: curve.Affine, ident: bytes) -> bytes:
    """Return what binds a signature to its signer (GB/T 32918.2 §5.5)."""
    numbers = (curve.A, curve.B, *curve.G, *point)
    return sm3((8 * len(ident)).to_bytes(2, "big") + ident + b"".join(each.to_bytes(32, "big") for each in numbers))
