"""The same work on the gateway and on its rivals, side by side: a 2 KB case record comes in and goes out.

``dialect.py``  how the record comes and goes     ``stage.py``    the gateway's folder of configuration for it
``command.py``  ``fengqiao`` with that dialect     ``prepare.py``  signed requests for the load generator
``peers/``      how the harness starts ours        ``run.py``      rounds, table
"""
