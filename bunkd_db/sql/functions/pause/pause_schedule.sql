create or replace function bunkd.pause_schedule(p_schedule text, p_for interval, p_because text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_old bunkd.schedule;
  v_was_paused boolean;
begin
  v_old := bunkd.lock_schedule(p_schedule);
  if p_for <= interval '0' then
    raise exception 'a pause must be longer than zero, not %', p_for using errcode = 'invalid_parameter_value';
  elsif p_for > interval '100 years' then  -- the table's own rule would quote the row, with its headers
    raise exception 'a pause lasts for 100 years at most, not %', p_for
      using errcode = 'invalid_parameter_value', hint = 'A pause without an end lasts until the schedule is resumed.';
  elsif length(p_because) > 500 then  -- every screen shows it
    raise exception 'the reason of a pause has % characters, 500 at most', length(p_because)
      using errcode = 'invalid_parameter_value';
  end if;
  -- of a retired one, too, it is a pause of its own, which outlasts the retirement
  v_was_paused := v_old.paused and coalesce(v_old.paused_until > clock_timestamp(), true);
  if v_was_paused and p_for is null and p_because is null then
    return 'ALREADY';
  end if;
  update bunkd.schedule s
     set paused = true,
         paused_until = case when p_for is not null then clock_timestamp() + p_for
                             when v_was_paused then s.paused_until end,
         paused_because = coalesce(p_because, case when v_was_paused then s.paused_because end)
   where s.name = p_schedule;
  return case when v_was_paused then 'CHANGED' else 'PAUSED' end;
end
$$;

comment on function bunkd.pause_schedule(text, interval, text) is
  'Pauses a schedule, for p_for or until it is resumed. Of one that is paused already it changes only what is given. '
  'Returns PAUSED, CHANGED or ALREADY. Calls in flight go on.';
