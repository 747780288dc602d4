"""What a schedule does now: ask, judge, report. Nothing is imported here: explain needs little of it."""
