"""The recommended curve of SM2 in plain integers (GB/T 32918.5): on-curve and range checks, and u·G + v·P.

Nothing here is constant in time, so nothing here may hold a private key: verification only.
"""

from __future__ import annotations

from functools import lru_cache

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)

Affine = tuple[int, int]
_Jacobian = tuple[int, int, int]  # x = X/Z², y = Y/Z³; Z = 0 at infinity
_NOWHERE: _Jacobian = (1, 1, 0)
_WINDOW = 4


def on_curve(point: Affine) -> bool:
    """Say whether a point is one of the curve, with coordinates in range."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def combined_x(u: int, v: int, point: Affine) -> int | None:
    """Return the x-coordinate of ``u·G + v·point``, two 4-bit windows in step (Straus); None at infinity."""
    of_g, of_point = _multiples_of_g(), _multiples(point)
    total = _NOWHERE
    for shift in range(256 - _WINDOW, -1, -_WINDOW):
        for _ in range(_WINDOW):
            total = _double(total)
        if digit := u >> shift & 15:
            total = _add(total, of_g[digit])
        if digit := v >> shift & 15:
            total = _add(total, of_point[digit])
    x, _, z = total
    return None if z == 0 else x * pow(z, -2, P) % P


@lru_cache(maxsize=1)
def _multiples_of_g() -> tuple[_Jacobian, ...]:
    return _multiples(G)


def _multiples(point: Affine) -> tuple[_Jacobian, ...]:
    once = (*point, 1)
    multiples = [_NOWHERE, once]
    for _ in range((1 << _WINDOW) - 2):
        multiples.append(_add(multiples[-1], once))
    return tuple(multiples)


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if z == 0 or y == 0:
        return _NOWHERE
    zz, yy = z * z % P, y * y % P
    s = 4 * x * yy % P
    m = 3 * (x - zz) * (x + zz) % P  # a = -3
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(first: _Jacobian, second: _Jacobian) -> _Jacobian:
    if first[2] == 0:
        return second
    if second[2] == 0:
        return first
    (x1, y1, z1), (x2, y2, z2) = first, second
    z1z1, z2z2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * z2z2 % P, x2 * z1z1 % P
    s1, s2 = y1 * z2 * z2z2 % P, y2 * z1 * z1z1 % P
    if u1 == u2:
        return _double(first) if s1 == s2 else _NOWHERE
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, z1 * z2 * h % P
