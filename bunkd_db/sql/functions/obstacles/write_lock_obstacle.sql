create or replace function bunkd.write_lock_obstacle() returns bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_holders constant record := bunkd.find_lock_holders('bunkd.last_tick');
begin
  return row('LOCKED',
    'a table of bunkd-db, of pg_cron or of the catalog is locked' || coalesce(', perhaps by ' || v_holders.names, ''),
    case when v_holders.ending is null then 'Look for long transactions:'
         else 'Wait for that transaction to end, or end it:' end,
    array[coalesce(v_holders.ending, 'select * from pg_stat_activity order by xact_start;')])::bunkd.obstacle;
end
$$;

comment on function bunkd.write_lock_obstacle() is
  'What is said where a lock kept a question of ours from being answered, by whoever is seen to hold one.';
