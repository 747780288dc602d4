select count(*) filter (where w.able and /* shared/worker_alive */) as alive,
       count(*) filter (where w.listens and /* shared/worker_alive */) as listening,
       extract(epoch from clock_timestamp() - max(w.seen))::float8 as last_seen
  from bunkd.worker w
 where w.schedule = %(schedule)s and w.seen > clock_timestamp() - interval '1 day'
   and w.seen <= clock_timestamp() + interval '1 minute'  -- of a clock that was ahead
