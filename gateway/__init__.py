"""枫桥网关 Fengqiao Gateway: the way of a message, one line for each step and where it stands.

    a partner's request
      receive        inbound.py               the raw request, from api/doors.py; this half opens no connection
      authenticate   contract.py              by the adapter of the partner's dialect, in the package ``adapters``
      decode         wire/                    what dialects share; also the one of partners that speak our own language
      translate      translating.py           record ─► message of canonical/, by the rows of mapping/ that people write
      decide         rules.py                 lifecycle/: is it the next lawful step, who holds the case then
      route          routing.py               which partners must get it
      keep           store/journal.py         request, records, case and deliveries: many requests, one commit
      acknowledge    inbound.py               after the commit, in the dialect

    ═══════════════  store/: the only thing that both halves touch  ═══════════════

      wake           queue.py, rq_lanes.py    a lane has work: a bell in this process, or a job of RQ
      claim          draining.py, turns.py    under a lease (grip.py), in the order of the case
      complete       completion.py            what whoever hands a case up left unsaid
      translate      outbound.py              message (addressing.py) ─► record of the receiver, by the same rows
      deliver        transports/              the only sockets out; attempts.py keeps each try
      end            endings.py               close, postpone (redelivery.py) or bury
    another partner's system

Beside the way: contract.py says what an adapter is, wire/ what dialects share, errors.py what can go wrong, texts/
how people are told. posts.py and assembling.py make partners out of the revision of configuration/, following.py goes
by the active one; bootstrap.py puts everything together for api/, cli/, worker.py and an embedded gateway's
carrier.py; tending.py is what each process does every few seconds, chores.py what one does for all, by the clock of
clockwork.py. fetching.py gets announced documents, polling.py what partners hold for us; mailbox.py hands out to
partners that nobody calls. timekeeping.py says which periods end, operations.py mends, reconciliation/ compares with
the partners every day, rulings/ says whether a signed ruling is genuine, releasing/ lets one go that is and that
belongs to its case, demo/ plays a story.
"""

__version__ = "0.1.0"
