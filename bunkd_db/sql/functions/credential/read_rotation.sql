create or replace function bunkd.read_rotation(p_schedule text) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
select jsonb_build_object('stage', case when r.switched is null then 'staged' else 'watched' end,
                          'since', extract(epoch from coalesce(r.switched, c.set_at)),
                          'refused', nullif(bunkd.find_rotation_obstacle(s, p_stages => false), 'WATCHED'),
                          'busy_until', extract(epoch from bunkd.find_rotation_end(s)))
  from bunkd.rotation r
  join bunkd.schedule s on s.name = r.schedule
  left join bunkd.credential c on c.schedule = r.schedule and c.place = 'next'
 where r.schedule = p_schedule and coalesce(r.switched, c.set_at) is not null
$$;

comment on function bunkd.read_rotation(text) is
  'The rotation of a schedule''s credential that is under way, and since when: staged, the next one is stored and '
  'calls do not have it; or watched, calls have the new one and the former one is kept. With why going on '
  'with it would be refused now, and until when a command counts as at work on it. Else null.';
