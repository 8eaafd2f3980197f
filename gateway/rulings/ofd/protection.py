"""Which files of an OFD each signature protects, and whether they are as they were signed (checks 2 and 3).

Every file that belongs to the document must be protected by every signature, else a forger adds what nobody signed.
Only the signatures' own files may be missing from a list: they cannot sign themselves, and later ones come after.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.rulings import digests
from gateway.rulings.ofd.package import Package
from gateway.rulings.ofd.signature_file import SignatureFile
from gateway.rulings.result import Check, Finding, failed, passed

SHOWN = 20  # files named one by one


def coverage(package: Package, signatures: Sequence[SignatureFile]) -> Iterator[Finding]:
    """Yield check 2 over all signatures that could be read."""
    own = {*package.lists, *(listed.path for listed in package.signatures)}
    own |= {path for each in signatures for path in (each.value, each.seal) if path}
    folders = tuple(each.listed.path.rpartition("/")[0] + "/" for each in signatures)
    covered = [{reference.path for reference in each.references} for each in signatures]
    everywhere, anywhere = set[str]().union(*covered).intersection(*covered), set[str]().union(*covered)
    # What lies in a signature's own folder is its own affair: one that protects it is enough.
    open_files = sorted(
        path
        for path in package.files
        if path not in own and path not in (anywhere if path.startswith(folders) else everywhere)
    )
    for path in open_files[:SHOWN]:
        yield failed(Check.COVERAGE, "rulings.coverage.file", file=path)
    if len(open_files) > SHOWN:
        yield failed(Check.COVERAGE, "rulings.coverage.more", count=len(open_files) - SHOWN)
    if not open_files:
        yield passed(Check.COVERAGE, "rulings.coverage.all", count=len(everywhere))


def digests_of(package: Package, signature: SignatureFile, *, last: bool) -> Iterator[Finding]:
    """Yield check 3 for one signature; ``last``: no signature was listed after it."""
    algorithm = digests.known(signature.check_method)
    if algorithm is None:
        weak = digests.weak(signature.check_method)
        code = "rulings.digests.weak" if weak else "rulings.digests.unknown"
        yield failed(Check.DIGESTS, code, algorithm=weak or signature.check_method)
        return
    wrong = [
        each.path for each in signature.references if digests.digest(algorithm, package.files[each.path]) != each.value
    ]
    # The list of signatures changes when a later one is added to it (GB/T 33190 §18.1).
    grown = [path for path in wrong if path in package.lists and not last]
    different = [path for path in wrong if path not in grown]
    for path in different[:SHOWN]:
        yield failed(Check.DIGESTS, "rulings.digests.different", file=path)
    if len(different) > SHOWN:
        yield failed(Check.DIGESTS, "rulings.digests.more", count=len(different) - SHOWN)
    if grown:
        yield passed(Check.DIGESTS, "rulings.digests.list_grew")
    if not different:
        yield passed(Check.DIGESTS, "rulings.digests.equal", count=len(signature.references) - len(grown))
