"""An ordinary JSON, XML or form partner, described entirely in its configuration row: no Python of its own."""
