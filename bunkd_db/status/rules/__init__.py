"""One question of a verdict a function: a schedule's facts in, lines out."""
