-- over v_schedule, the name of a schedule: how many calls hold a slot; as a function it costs three times as much
(select count(*) from bunkd.slot s where s.schedule = v_schedule and s.call is not null)
