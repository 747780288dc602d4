create or replace function bunkd.apply_settings(p_schedule text, p_set jsonb) returns void
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
        using errcode = 'invalid_parameter_value',
          hint = 'Name the table that the jobs are inserted into, not a view of it.';
    end if;
  end if;
  if p_set ->> 'queue_owner' is not null
    and not exists (select from pg_roles r where r.rolname = p_set ->> 'queue_owner') then
    raise exception 'BUNKD_QUEUE_OWNER names role %, which does not exist', p_set ->> 'queue_owner'
      using errcode = 'invalid_parameter_value',
        hint = E'Name the role that owns the table: it is the Owner in psql''s \\dt.';
  end if;
  select * into strict v_new from bunkd.schedule where name = p_schedule;
  v_new := jsonb_populate_record(v_new, p_set);
  if p_set ? 'queue_where' and v_new.queue_where is not null then
    begin
      if to_regclass(v_new.queue_table) is not null and bunkd.find_open_schema(v_new) is null then  -- else ticks say it
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
  update bunkd.schedule s set endpoint_since = clock_timestamp()
   where s.name = p_schedule and p_set ? 'url' and s.url is distinct from v_new.url;
  if p_set <> '{}' then
    execute (select format('update bunkd.schedule s set %s where s.name = $2',
                           string_agg(format('%1$I = ($1).%1$I', k.name), ', '))
               from jsonb_object_keys(p_set) as k (name))
      using v_new, p_schedule;
  end if;
end
$$;

comment on function bunkd.apply_settings(text, jsonb) is
  'Sets columns of a schedule, by name. A queue that is not a table and a condition that does not fit it are refused.';
