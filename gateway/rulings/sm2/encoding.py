"""How SM2 keys and signatures are written: an uncompressed point; two integers in strict DER, or 64 bytes r‖s."""

from __future__ import annotations

from gateway.rulings.sm2 import curve

_SIDE = 32


def public_point(public_key: bytes) -> curve.Affine | None:
    """Return the point of ``04‖x‖y`` (65 bytes) or ``x‖y`` (64 bytes); None for what is no point of the curve."""
    if len(public_key) == 2 * _SIDE + 1 and public_key[0] == 4:
        public_key = public_key[1:]
    if len(public_key) != 2 * _SIDE:
        return None
    point = (int.from_bytes(public_key[:_SIDE], "big"), int.from_bytes(public_key[_SIDE:], "big"))
    return point if curve.on_curve(point) else None


def signature_numbers(signature: bytes) -> tuple[int, int] | None:
    """Return r and s, both within 1 … n-1; None for anything else, an encoding that is not strict DER included."""
    # Some makers of seals write r‖s without DER around it (met in GB/T 38540 signatures).
    if len(signature) == 2 * _SIDE:
        numbers = (int.from_bytes(signature[:_SIDE], "big"), int.from_bytes(signature[_SIDE:], "big"))
    else:
        first = _integer(signature, 2) if _is_sequence(signature) else None
        second = _integer(signature, first[1]) if first else None
        if first is None or second is None or second[1] != len(signature):
            return None
        numbers = (first[0], second[0])
    return numbers if all(0 < number < curve.N for number in numbers) else None


def der(numbers: tuple[int, int]) -> bytes:
    """Return r and s as SEQUENCE { INTEGER, INTEGER }."""
    body = b"".join(b"\x02" + bytes([len(each)]) + each for each in map(_minimal, numbers))
    return b"\x30" + bytes([len(body)]) + body


def _minimal(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _is_sequence(signature: bytes) -> bool:
    return 8 <= len(signature) <= 72 and signature[0] == 0x30 and signature[1] == len(signature) - 2


def _integer(signature: bytes, start: int) -> tuple[int, int] | None:
    """Return a positive integer in its shortest form that begins at ``start``, and where it ends."""
    if start + 2 > len(signature) or signature[start] != 2:
        return None
    end = start + 2 + signature[start + 1]
    content = signature[start + 2 : end]
    if end > len(signature) or not 0 < len(content) <= _SIDE + 1 or content[0] & 0x80:
        return None
    if content[0] == 0 and len(content) > 1 and not content[1] & 0x80:
        return None
    return int.from_bytes(content, "big"), end
