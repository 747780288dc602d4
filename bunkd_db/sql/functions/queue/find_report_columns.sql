create or replace function bunkd.find_report_columns(p_queue regclass, out completed name, out updated name,
                                                     out error name)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Only the system's own types: of any other, a cast or an operator could be somebody else's.
  select min(a.attname) filter (where a.attname in ('completed_at', 'completedAt', 'finished_at', 'finishedAt')
                                and a.atttypid = 'timestamptz'::regtype),
         min(a.attname) filter (where a.attname in ('updated_at', 'updatedAt') and a.atttypid = 'timestamptz'::regtype),
         (array_agg(a.attname order by length(a.attname) desc)
            filter (where a.attname in ('error_message', 'last_error_message', 'errorMessage', 'lastErrorMessage',
                                        'error', 'last_error', 'lastError')
                      and a.atttypid in ('text'::regtype, 'varchar'::regtype)))[1]
    into completed, updated, error
    from pg_attribute a where a.attrelid = p_queue and a.attnum > 0 and not a.attisdropped;
end
$$;

comment on function bunkd.find_report_columns(regclass) is
  'For bunkd.read_status: the columns of a queue that say when a job was completed, when its row was last written, '
  'and why it failed; null where there is none.';
