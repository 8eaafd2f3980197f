"""The plain twins of the mappings: what a programmer would write by hand for one dialect, every field of it.

They say nothing about what goes wrong (no path, no title, no masked value: a wrong value raises whatever it raises) and
find neither unmapped nor lost fields. What they make of a sound record is equal to what the mapping makes.
"""

from benchmarks.hand_written.centre_reading import read_centre
from benchmarks.hand_written.centre_writing import write_centre
from benchmarks.hand_written.court_reading import read_court
from benchmarks.hand_written.court_writing import write_court

READ = {"court_platform": read_court, "mediation_center": read_centre}
WRITE = {"court_platform": write_court, "mediation_center": write_centre}

__all__ = ["READ", "WRITE"]
