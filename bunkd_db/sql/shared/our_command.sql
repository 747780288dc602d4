-- over a cron job or a run j and a schedule s: whether it ticks for this schedule, by today's text or by that of 0.1,
-- or is a lane of it
(j.command = /* shared/cron_command */
 or j.command = 'select bunkd.tick(' || pg_catalog.quote_literal(s.name) || ')'
 or pg_catalog.starts_with(j.command, 'call bunkd.run_lane(' || pg_catalog.quote_literal(s.name) || ', '))
