-- over v_schedule, the name of a schedule: bunkd.find_progress_counter, whose call every write would pay for
to_regclass('bunkd.progress_' || left(md5(v_schedule), 8))
