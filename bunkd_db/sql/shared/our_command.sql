-- over a cron job or a run j and a schedule s: whether it ticks for this schedule, by today's text or by that of 0.1
(j.command = /* shared/cron_command */
 or j.command = 'select bunkd.tick(' || pg_catalog.quote_literal(s.name) || ')')
