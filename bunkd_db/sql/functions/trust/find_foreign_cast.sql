create or replace function bunkd.find_foreign_cast(p_queue oid, p_column text, p_schedule text) returns regprocedure
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_type oid;
  v_cast regprocedure;
begin
  select y.oid into v_type from pg_attribute a
   cross join lateral (select /* shared/base_type */ as oid) as y
   where a.attrelid = p_queue and a.attname = p_column and not a.attisdropped;
  if v_type < 16384 then
    return null;  -- the system's own types have the system's casts
  end if;
  select c.castfunc into v_cast
    from pg_cast c join pg_proc p on p.oid = c.castfunc
   where c.castsource = v_type and c.casttarget = 'text'::regtype
     and not bunkd.is_trusted(p.proowner, (select s.queue_owner from bunkd.schedule s where s.name = p_schedule));
  return v_cast;
end
$$;

comment on function bunkd.find_foreign_cast(oid, text, text) is
  'The function of a role that is not trusted that a cast of the status to text would run; null where there is none. '
  'The queue may have been given to another role since the wake was put on it.';
