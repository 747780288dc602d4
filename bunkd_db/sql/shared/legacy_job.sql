-- over a job j and a schedule s: whether this is a legacy job: one of a hand-made recipe that calls the same function.
-- Its own names count for the schedule that it was for; a url ends where no longer one goes on.
coalesce(
  not starts_with(coalesce(j.jobname::text, ''), 'bunkd:')
  and (s.name = 'process-analysis-jobs'
         and (j.command ~* E'\\mtrigger_job_processing\\M'
              or j.jobname = 'process-analysis-jobs' and j.command ~* E'\\mnet"?\\."?http_\\w+')
       or s.url <> '' and j.command ~* E'\\mnet"?\\."?http_\\w+'
         and j.command ~ (regexp_replace(s.url, '([^A-Za-z0-9])', E'\\\\\\1', 'g') || '([^A-Za-z0-9._/-]|$)')), false)
