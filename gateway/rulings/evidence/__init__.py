"""Keep what a verification found, so that somebody else can find it again, without our store and after our time.

    verification + trust ─► record.py   EvidenceRecord: JSON, and every certificate and list as DER
                              │
    original bytes ───────────┴─► archive.py   one ZIP, the same bytes for the same evidence
                                     │
                                     └─► examination.py   digests, and the verification made again ─► findings

Pure: nothing here reads a clock, a store or a trust folder. What the examination proves is that the archive agrees
with itself. Whether its anchors deserve belief only somebody knows who compares their fingerprints.
"""
