create or replace function bunkd.find_rotation_end(p_schedule bunkd.schedule) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select e.at
            from bunkd.rotation r
           cross join lateral (values (r.at_work + interval '1 minute'
                                       + make_interval(secs => p_schedule.timeout_ms / 1000.0))) as e (at)
           where r.schedule = p_schedule.name and r.switched is null and e.at > clock_timestamp());
end
$$;

comment on function bunkd.find_rotation_end(bunkd.schedule) is
  'Until when a command counts as at work on a rotation that has not switched, because it cannot be told from one that '
  'was killed; null: none does.';
