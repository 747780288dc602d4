-- what a frozen revision says of these is no longer all of it
comment on column bunkd.access.kind is 'reader: may read our views; worker: may call bunkd.worker_exchange_v1.';
comment on column bunkd.call.reason is
  'What caused it: tick, wake, refill, probe, manual (bunkd-db call), or worker: one that looked by itself.';
comment on column bunkd.call.detail is 'The answer''s message or the sender''s error, shortened.';
comment on column bunkd.call.outcome is
  'How it ended, see bunkd.classify_answer; lost: pg_net kept no answer; null: it is open.';
comment on column bunkd.call.request is
  'pg_net''s id; not unique, a crash restarts them. Null: a worker makes the call.';
comment on column bunkd.credential.store is
  'vault; table: bunkd.secret; or removed: an operator has removed it, and no deploy sets it again.';
comment on column bunkd.credential.kind is 'See bunkd.credential_kind; url: where alerts or heartbeats go.';
comment on column bunkd.last_tick.problem is 'What kept it from making calls.';
comment on column bunkd.last_tick.runs_pruned_to is
  'The last runid of cron.job_run_details that pruning has looked at.';
comment on column bunkd.last_tick.stuck_searched_at is 'The last search of a whole table for stuck jobs.';
comment on column bunkd.schedule.jobs_per_call is 'How many jobs one call processes.';
comment on column bunkd.schedule.mode_reason is 'Why it is external; null where it is native.';
comment on column bunkd.schedule.status_active is 'The status values of a job that a function processes.';
comment on column bunkd.schedule.status_done is
  'Decides nothing: check calls a status value unknown that is of none of the four kinds.';
comment on column bunkd.schedule.status_failed is 'The first of these is what a job gets that was rescued three times.';
comment on column bunkd.schedule.status_waiting is 'The status values of a job that waits for a call.';
comment on column bunkd.schedule.timeout_ms is 'How long pg_net or a worker waits for an answer.';
comment on column bunkd.slot.expires is
  'When a detached slot, or one whose worker does not report, is freed at the latest.';
comment on column bunkd.wake.jobs_left is 'How many jobs its transaction took out of the active state.';
comment on table bunkd.retired_job is 'Legacy jobs that we deactivated; a downgrade activates them again.';
comment on table bunkd.wake is
  'What a transaction asks for, one row each; its deferred trigger dispatches at commit and removes the row.';
