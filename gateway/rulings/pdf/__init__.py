"""PDF (ISO 32000): signatures in the file they sign, around a gap that holds their own value.

    ┌ /ByteRange [0 a ┬ gap: <hex of the value> ┬ b c] ┐ next revision: only another signature may follow
    reading.py      what pyHanko's reader says of the signature fields          check 1
    coverage.py     the gap, the end of the file, what later revisions changed   check 2
    second.py       pyHanko's own verdict on RSA and ECDSA, beside ours          checks 4, 6, 9
    verify.py       each value by its outline: CMS, GB/T 35275, SES_Signature    checks 4 to 10

pyHanko takes a second to import, so everything in here is imported when the first PDF comes, never before.
"""
