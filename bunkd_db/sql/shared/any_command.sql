-- over a cron job j: whether it ticks, by today's text or by that of 0.1, or is a lane, of a schedule of whatever name
(pg_catalog.starts_with(j.command, 'call bunkd.run_lane(')
          or pg_catalog.starts_with(j.command, 'select bunkd.tick(')
          or pg_catalog.starts_with(j.command, 'set transaction isolation level read committed; '
                                               'set local statement_timeout = 0; select bunkd.tick('))
