-- the view has the last 100 of all schedules
select c.call, c.schedule, c.reason, c.sent, c.settled, c.outcome, c.status_code, left(c.job_id, 200) as job_id,
       left(c.detail, 500) as detail, c.worker, c.failed
  from bunkd.recent_calls c
 where %(schedule)s::text is null or c.schedule = %(schedule)s
 order by c.call desc
