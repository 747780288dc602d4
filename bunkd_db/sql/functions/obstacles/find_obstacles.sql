create or replace function bunkd.find_obstacles(p_schedule text) returns setof bunkd.obstacle
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query select o.* from bunkd.find_each_obstacle(p_schedule) as o;
  -- Takes every lock of the question back: whoever asks in a transaction that stays open must not keep the application
  -- from changing its table.
  raise exception using errcode = 'BUNKD', message = 'asked';
exception when sqlstate 'BUNKD' then
  null;
end
$$;

comment on function bunkd.find_obstacles(text) is
  'Why no calls are made for a schedule now, or could not be made at once: a stable code, what was found, what to do, '
  'and the commands for it; the first one stands most in the way. No row: calls are made, or could be. Asked by '
  'bunkd.status, bunkd.report_schedule and check, so that they agree. Keeps no lock. SECURITY DEFINER, because a '
  'view''s functions run as its reader.';
