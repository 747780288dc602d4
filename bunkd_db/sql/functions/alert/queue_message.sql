create or replace function bunkd.queue_message(p_schedule text, p_code text, p_place text, p_state text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if not bunkd.has_url(p_schedule, p_place) then
    return;
  end if;
  insert into bunkd.message as m (schedule, code, place, state, made, due)
  values (p_schedule, p_code, p_place, p_state, clock_timestamp(), clock_timestamp())
  on conflict (schedule, code) do update
    set state = excluded.state, made = excluded.made, due = excluded.due, tries = 0, sent = null, request = null,
        worker = null, problem = null;
end
$$;

comment on function bunkd.queue_message(text, text, text, text) is
  'Makes a message that is due now, in the place of the last one of its code, where there is a URL for it.';
