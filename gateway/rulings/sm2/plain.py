"""SM2 verification in plain Python integers: always there, about 2 ms for a signature."""

from __future__ import annotations

from gateway.rulings.sm2 import curve


def holds(point: curve.Affine, e: int, numbers: tuple[int, int]) -> bool:
    """Say whether (r, s) signs the digest ``e`` under the key ``point`` (GB/T 32918.2 §7.1); all are in range."""
    r, s = numbers
    t = (r + s) % curve.N
    if t == 0:
        return False
    x = curve.combined_x(s, t, point)
    return x is not None and (e + x) % curve.N == r
