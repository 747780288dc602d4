-- over v_gone, a cron job whose role is gone: the statement that refuses to change any job beside it
raise exception using errcode = 'object_not_in_prerequisite_state',
  message = pg_catalog.concat('cron job ', v_gone.jobid, ' belongs to role ', v_gone.username,
                              ', which does not exist: the next change of any job would stop pg_cron for everybody'),
  hint = pg_catalog.concat('As a superuser: select cron.unschedule(', v_gone.jobid, ');')
