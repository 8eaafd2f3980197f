"""OFD (GB/T 33190-2016): a ZIP of XML whose signatures list every file they protect.

OFD.xml ─► Doc_0/Document.xml
    └────► Doc_0/Signs/Signatures.xml ─► Sign_n/Signature.xml   references with digests, place of seal and value
                                             ├── SignedValue.dat    SES_Signature, SignedData, or a bare value
                                             └── Seal.esl           optional copy of the seal
package.py     the files, and what they say of each other       check 1
protection.py  which file each signature protects, and how      checks 2 and 3
verify.py      each signature by the judge of its form          checks 4 to 10
"""
