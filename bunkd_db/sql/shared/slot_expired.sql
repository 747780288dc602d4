-- over a slot s: whether its call is past its time. One of the future is of a clock that was far ahead; one that steps
-- back a little frees nothing.
(s.expires < clock_timestamp() or s.taken > clock_timestamp() + interval '1 minute')
