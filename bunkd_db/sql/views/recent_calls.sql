create or replace view bunkd.recent_calls as
select h.call, h.schedule, h.reason, h.sent, h.settled, h.outcome, h.status_code, h.job_id, h.detail,
       h.worker, h.failed
  from bunkd.call_history h
 order by h.call desc
 limit 100;

comment on view bunkd.recent_calls is
  'The last 100 calls, the newest first. outcome and failed are null while a call is open.';
