create or replace view bunkd.call_history as
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
  left join bunkd.schedule s on s.name = c.schedule;

comment on view bunkd.call_history is
  'Every call of the last 7 days. For charts: name a range of sent. outcome and failed are null while a call is open.';
