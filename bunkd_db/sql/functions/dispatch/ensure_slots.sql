create or replace function bunkd.ensure_slots(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_slots record;
  v_schedule constant text := p_schedule.name;
begin
  select count(*) filter (where s.n <= p_schedule.max_in_flight) as wanted,
         count(*) filter (where s.n > p_schedule.max_in_flight and s.call is null) as spare
    into v_slots from bunkd.slot s where s.schedule = p_schedule.name;
  if v_slots.wanted < p_schedule.max_in_flight then
    insert into bunkd.slot (schedule, n)
    select p_schedule.name, g from generate_series(1, p_schedule.max_in_flight) as g
    on conflict do nothing;
  end if;
  if v_slots.spare > 0 then  -- every dispatch would read them
    delete from bunkd.slot s
     where s.schedule = p_schedule.name
       and s.n = any (array(select o.n from bunkd.slot o where o.schedule = p_schedule.name
                            and o.n > p_schedule.max_in_flight and o.call is null for update skip locked));
  end if;
  if /* shared/progress_counter */ is null then
    execute format('create sequence bunkd.progress_%s', left(md5(v_schedule), 8));
  end if;
end
$$;

comment on function bunkd.ensure_slots(bunkd.schedule) is
  'Makes the missing slots of a schedule: after an upgrade, a higher max_in_flight, or a crash, which empties the '
  'unlogged table; and removes free ones beyond a lower max_in_flight. Makes its sequence for '
  'bunkd.find_progress_counter where there is none.';
