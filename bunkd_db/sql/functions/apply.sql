create or replace function bunkd.apply(p_schedule text, p_set jsonb) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_new bunkd.schedule;
  v_kind "char";
begin
  if p_set ? 'queue_table' then
    begin
      select c.relkind into v_kind from pg_class c where c.oid = to_regclass(p_set ->> 'queue_table');
    exception when insufficient_privilege then
      raise exception 'role % has no USAGE on the schema of %', current_user, p_set ->> 'queue_table'
        using errcode = 'insufficient_privilege', hint = 'Grant it, or name another BUNKD_QUEUE_TABLE.';
    end;
    if v_kind not in ('r', 'p') then
      raise exception 'BUNKD_QUEUE_TABLE % is not a table', p_set ->> 'queue_table'
        using errcode = 'invalid_parameter_value', hint = 'Name the table that the jobs are inserted into, not a view of it.';
    end if;
  end if;
  select * into strict v_new from bunkd.schedule where name = p_schedule;
  v_new := jsonb_populate_record(v_new, p_set);
  if p_set ? 'queue_where' and v_new.queue_where is not null then
    begin
      if to_regclass(v_new.queue_table) is not null then
        execute format('select from %s where (%s) limit 0', v_new.queue_table, v_new.queue_where);
      end if;
    exception
      when insufficient_privilege or lock_not_available then
        null;  -- not to be asked now; a tick records what it finds
      when others then
        raise exception 'BUNKD_QUEUE_WHERE does not fit %: %', v_new.queue_table, sqlerrm
          using errcode = 'invalid_parameter_value', hint = 'Write a condition on its columns, like: attempts < 5';
    end;
  end if;
  update bunkd.schedule s
     set url = v_new.url, headers = v_new.headers, body = v_new.body, credential_header = v_new.credential_header,
         every = v_new.every, timeout_ms = v_new.timeout_ms, max_in_flight = v_new.max_in_flight,
         jobs_per_call = v_new.jobs_per_call, queue_table = v_new.queue_table, queue_where = v_new.queue_where,
         status_column = v_new.status_column, status_waiting = v_new.status_waiting,
         on_timeout = v_new.on_timeout, rescue_after = v_new.rescue_after, wake = v_new.wake,
         endpoint_since = case when s.url is distinct from v_new.url then clock_timestamp() else s.endpoint_since end,
         status_active = v_new.status_active, status_done = v_new.status_done, status_failed = v_new.status_failed
   where s.name = p_schedule;
end
$$;

comment on function bunkd.apply(text, jsonb) is
  'Sets columns of a schedule, by name. A queue that is not a table and a condition that does not fit it are refused.';
