create or replace function bunkd.is_served(p_schedule bunkd.schedule) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_shape bunkd.queue_shape;
  v_job text;
  v_key name;
  v_served boolean;
begin
  select c.job_id into v_job from bunkd.call c
   where c.schedule = p_schedule.name and c.reason = 'probe' and c.sent >= p_schedule.held and c.job_id is not null
   order by c.id desc limit 1;
  if v_job is null or p_schedule.on_restore <> 'probe' then
    return false;
  end if;
  v_shape := bunkd.read_queue_shape(p_schedule);
  v_key := bunkd.find_witness_key(v_shape);
  if v_key is null then
    return false;
  end if;
  begin
    -- A job that was queued here, so that no original knows its id, and that somebody has taken since the probe.
    execute format('select exists (select from %1$s as q where q.%2$I = $1::uuid'
                   ' and q.%3$I > $2 and q.%3$I <= clock_timestamp()'
                   ' and not (%4$s) and age(q.xmin) >= 0 and age(q.xmin) < $3)',
                   v_shape.queue, v_key, v_shape.created_column, v_shape.waiting)
      into v_served using v_job, p_schedule.held_after, pg_current_xact_id()::text::bigint - p_schedule.held_xid;
  exception when others then  -- no such key, a table that cannot be read: that proves nothing
    v_served := false;
  end;
  return v_served;
end
$$;

comment on function bunkd.is_served(bunkd.schedule) is
  'Whether the url of a held schedule serves this very database: the last probe''s answer names a job that was queued '
  'here since it is held, waits no more, and was changed after the probe had been sent.';
