create or replace function bunkd.find_newest_job(p_schedule bunkd.schedule) returns timestamptz
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_shape constant bunkd.queue_shape := bunkd.read_queue_shape(p_schedule);
  v_newest timestamptz;
begin
  if bunkd.find_witness_key(v_shape) is null then
    return null;
  end if;
  execute format('select max(q.%I) from %s as q', v_shape.created_column, v_shape.queue) into v_newest;
  return greatest(v_newest, p_schedule.held);
exception when others then  -- a table that cannot be read: the next tick asks again
  return null;
end
$$;

comment on function bunkd.find_newest_job(bunkd.schedule) is
  'Which jobs of a held schedule were there when it was held: those that are not newer than this. Jobs of a backup '
  'can be of a time to come, by the clock of their client or by a clock here that is behind. Null: not known now.';
