create or replace function bunkd.read_time(p_row jsonb, p_name text) returns timestamptz
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select to_timestamp((p_row ->> p_name)::double precision)
$$;

comment on function bunkd.read_time(jsonb, text) is 'A time of a job''s row, as bunkd.read_job_row has it.';
