create or replace function bunkd.remove_url(p_schedule text, p_place text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_store text;
begin
  perform from bunkd.schedule s where s.name = p_schedule for update;
  if not found then
    raise exception 'there is no schedule %', p_schedule using errcode = 'invalid_parameter_value';
  elsif p_place not in ('alert', 'heartbeat') then
    raise exception 'a place of a URL is alert or heartbeat, not %', p_place using errcode = 'invalid_parameter_value';
  end if;
  select c.store into v_store from bunkd.credential c where c.schedule = p_schedule and c.place = p_place;
  if coalesce(v_store, 'removed') = 'removed' then
    return false;
  end if;
  perform bunkd.forget_secret(p_schedule, p_place);
  -- The row stays: the digest in it tells the next deploy that it brings nothing new.
  update bunkd.credential c set store = 'removed', set_at = clock_timestamp()
   where c.schedule = p_schedule and c.place = p_place;
  delete from bunkd.message m where m.schedule = p_schedule and m.place = p_place;
  return true;
end
$$;

comment on function bunkd.remove_url(text, text) is
  'Forgets the URL that alerts or heartbeats (p_place) of a schedule go to, and its messages; a deploy that brings '
  'what the last deploy brought does not set it again. Returns whether there was one.';
