create or replace view bunkd.recent_calls as
select c.id as call,
       c.schedule,
       c.reason,
       c.sent,
       c.settled,
       c.outcome,
       c.status_code,
       c.job_id,
       c.detail,
       c.worker,
       bunkd.is_failure(c.outcome, s.on_timeout) as failed
  from bunkd.call c
  left join bunkd.schedule s on s.name = c.schedule
 order by c.id desc
 limit 100;

comment on view bunkd.recent_calls is 'The last 100 calls, the newest first. outcome and failed are null while a call is open.';
