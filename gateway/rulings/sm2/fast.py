"""SM2 verification by GmSSL (extra ``sm2``): three times as fast, where there is a wheel.

GmSSL writes a trace to the process's standard error when a signature does not hold; it cannot be told not to.
"""

from __future__ import annotations

import gmssl_pyx

from gateway.rulings.sm2 import curve, encoding


def holds(point: curve.Affine, e: int, numbers: tuple[int, int]) -> bool:
    """Say whether (r, s) signs the digest ``e`` under the key ``point``; all are in range."""
    key = b"".join(coordinate.to_bytes(32, "big") for coordinate in point)
    try:
        return bool(gmssl_pyx.sm2_verify_sm3_digest(key, e.to_bytes(32, "big"), encoding.der(numbers)))
    except gmssl_pyx.GmsslInnerError:  # how the library says no to some signatures
        return False
