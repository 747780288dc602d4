create or replace function bunkd.maintain(p_schedule bunkd.schedule, p_shape record) returns text[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform bunkd.make_slots(p_schedule);
  delete from bunkd.wake where schedule = p_schedule.name;  -- what a failed wake has left
  return array[bunkd.attach(p_schedule, p_shape), bunkd.rescue(p_schedule, p_shape)];
end
$$;

comment on function bunkd.maintain(bunkd.schedule, record) is
  'What a tick does besides calling: makes sure of the slots and of the wake, and rescues. p_shape is bunkd.queue_shape''s answer. Returns what it could not do and why; nulls where all is well.';
