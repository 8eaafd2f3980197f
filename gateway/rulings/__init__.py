"""Is this ruling genuine? Pure: bytes and trust in, twelve checks out; no store, no network, no clock of its own.

    verification.py   one door: verify(octets, trust=…) ─► Verification (result.py)
      ofd/            container.py, xml.py; who protects which file       checks 1, 2, 3
      pdf/            pyHanko's reader; what lies outside the signature   checks 1, 2
      detached.py     a signature beside any file
        sealed.py     SES_Signature (ses.py)                              checks 4 to 10
        enveloped.py  CMS and GB/T 35275 (cms.py)                         checks 4, 6, 9, 10
        bare.py       a value of a registered certificate                 checks 6, 9, 10
          value.py, signatures.py, sm2/    one signature value            check 6
          standing.py, trust/              chain and registration         checks 7, 9
          timing.py                        claimed time and time stamp    check 10
      wording/        the ruling's own words ─► binding.py                check 11

Hostile input ends in findings, never in an exception: ``malformed.py``.
"""
