"""From a ruling that came back to one that is served: verified, quarantined or left to a person, released, superseded.

    message of a ruling ─► adopt ─────► a row in ``ruling``; what it replaces is withdrawn, its holders are told
                             │
                           verify ────► the file against the trust, the court's message and the application (matching)
                             │          every check passed │ one failed │ one not possible   (verdicts)
                             │            VERIFIED           QUARANTINED   UNDECIDED ─► a person decides (deciding)
                             │
                           release ───► only now: the file to the applicant, notice to the origin, a task per addressee
                             │
                           follow ────► SERVED, REVOKED: what the case says of it since

A certificate of voluntary performance goes the same way with a row beside them (certificates): what was found genuine
goes to whom the catalogue says, and nobody serves it.

Every step is one short transaction under the lock of the case that first asks whether it is still to be done: a killed
process, a second one or a restart does it again, once in effect. Nothing is released by default: no trust, no
application, no file, a fault of ours, all of these leave a ruling where it is and say so.
"""

from gateway.releasing.chore import Releasing
from gateway.releasing.deciding import Deciding
from gateway.releasing.room import open_room

__all__ = ["Deciding", "Releasing", "open_room"]
