"""A court's signing room in miniature: certificate authorities, seals, rulings as OFD and PDF, and their every defect.

    keys.py ─► certificates.py ─► hierarchy.py      SM2, RSA, ECDSA: root, issuing CA, court, seal maker, time stamps
    ruling.py ─► ofd.py, pdf.py                     a court document with invented names
    seals.py, messages.py, stamps.py                what is put to it: SES v1, v4, v5; CMS and GB/T 35275; time stamps
    defects.py                                      one wrong thing at a time, by name

Test keys only, made anew at every start. It shares no code with whoever verifies: both would be wrong together.
"""
