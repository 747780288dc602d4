-- over a worker w: whether it was seen a moment ago; one of the future is of a clock that was ahead
w.seen between clock_timestamp() - interval '1 minute' and clock_timestamp() + interval '1 minute'
