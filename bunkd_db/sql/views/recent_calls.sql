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
       c.worker
  from bunkd.call c
 order by c.id desc
 limit 100;

comment on view bunkd.recent_calls is 'The last hundred calls, the newest first. outcome is null while a call is open.';
