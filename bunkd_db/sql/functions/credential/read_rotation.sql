create or replace function bunkd.read_rotation(p_schedule text) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
select jsonb_build_object('stage', case when r.switched is null then 'staged' else 'watched' end,
                          'since', extract(epoch from coalesce(r.switched, c.set_at)))
  from bunkd.rotation r left join bunkd.credential c on c.schedule = r.schedule and c.place = 'next'
 where r.schedule = p_schedule and coalesce(r.switched, c.set_at) is not null
$$;

comment on function bunkd.read_rotation(text) is
  'The rotation of a schedule''s credential that is under way, and since when: staged, the next one is stored and '
  'calls do not have it; or watched, calls have the new one and the former one is kept. Else null.';
