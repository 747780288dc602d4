create or replace function bunkd.alter_cron_job(p_job bigint, p_schedule text, p_active boolean) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- All of its arguments, of the very types that it has: in schema cron others may have created one that fits better.
  perform cron.alter_job(p_job, p_schedule, null::text, null::text, null::text, p_active);
end
$$;

comment on function bunkd.alter_cron_job(bigint, text, boolean) is
  'Changes the schedule of a cron job, or whether it is active; null leaves it as it is. By pg_cron''s own function, '
  'whatever is beside it.';
