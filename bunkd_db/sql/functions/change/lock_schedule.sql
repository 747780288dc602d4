create or replace function bunkd.lock_schedule(p_schedule text) returns bunkd.schedule
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
begin
  -- The table before the row, as an upgrade that brings the table's triggers.
  lock table bunkd.schedule in row exclusive mode;
  select * into v_schedule from bunkd.schedule where name = p_schedule for update;
  if not found then
    raise exception 'there is no schedule %', p_schedule using errcode = 'invalid_parameter_value';
  end if;
  return v_schedule;
end
$$;

comment on function bunkd.lock_schedule(text) is
  'Locks the row of a schedule that is to be changed, until the end of the transaction, and returns it as it is.';
