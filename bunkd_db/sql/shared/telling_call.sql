-- over a schedule p_schedule and a call o: whether the call was of this url and credential and tells something; a lost
-- one tells by what moved during it. None settled by a clock that was ahead (v_now); the second condition on
-- endpoint_since is for the index
(o.schedule = p_schedule.name and o.settled <= v_now
 and (o.outcome <> 'lost' or o.moved is not null and o.worker is null)
 and o.sent >= p_schedule.endpoint_since and o.settled >= p_schedule.endpoint_since)
