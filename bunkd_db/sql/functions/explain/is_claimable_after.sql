create or replace function bunkd.is_claimable_after(
  p_shape bunkd.queue_shape,
  p_named text,
  p_past name[]
) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_ago interval;
  v_found boolean;
begin
  -- a condition can want a time to be long past, or to be of today
  foreach v_ago in array array[interval '1 second', interval '100 years'] loop
    execute (
      select format('select true from (select %s from %s as o where o.%s limit 1) as %I where %s',
                    string_agg(case when a.attname = any (p_past)
                                 then format('now() - %L::interval as %I', v_ago, a.attname)
                               else format('o.%I', a.attname) end, ', ' order by a.attnum),
                    p_shape.queue, p_named, (select c.relname from pg_class c where c.oid = p_shape.queue),
                    p_shape.claimable)
        from pg_attribute a where a.attrelid = p_shape.queue and a.attnum > 0 and not a.attisdropped)
      into v_found;
    if v_found then
      return true;
    end if;
  end loop;
  return false;
exception
  when lock_not_available then
    raise;
  when others then  -- a condition that names the table with its schema, or a column of the system's
    return null;
end
$$;

comment on function bunkd.is_claimable_after(bunkd.queue_shape, text, name[]) is
  'Whether a job could be claimed if the times in some of its columns were past; null: that cannot be tried.';
