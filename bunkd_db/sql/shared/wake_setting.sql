-- over v_schedule, the name of a schedule: what bunkd.name_wake_setting says, whose call every write would pay for
('bunkd.wake_' || left(md5(v_schedule), 8))
