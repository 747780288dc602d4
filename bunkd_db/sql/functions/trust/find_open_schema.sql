create or replace function bunkd.find_open_schema(p_schedule bunkd.schedule) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name name;
begin
  select o.name into v_name
    from (select p_schedule.queue_where as condition, p_schedule.queue_owner) as v
   cross join lateral /* shared/open_schemas */ as o
   order by o.name limit 1;
  if not found then
    return null;
  end if;
  return format('BUNKD_QUEUE_WHERE names schema %1$I, where a role that is not trusted has functions, or can create '
                'some that would run as role %2$I.'
                ' Move what the condition needs to a schema of your own, or run: revoke create on schema %1$I from '
                'public;', v_name, current_user);
end
$$;

comment on function bunkd.find_open_schema(bunkd.schedule) is
  'Whether the operator''s condition names a schema in which a role that is not trusted could put a function that '
  'fits better than the one that is meant, in words with the remedy; null where it does not.';
