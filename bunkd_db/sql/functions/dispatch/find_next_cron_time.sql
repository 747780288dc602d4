create or replace function bunkd.find_next_cron_time(p_expression text, p_after timestamptz) returns timestamptz
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_fields constant text[] := regexp_split_to_array(p_expression, ' ');
  v_minutes constant integer[] := bunkd.list_cron_values(v_fields[1], 0, 59);
  v_hours constant integer[] := bunkd.list_cron_values(v_fields[2], 0, 23);
  v_days constant integer[] := bunkd.list_cron_values(v_fields[3], 1, 31);
  v_months constant integer[] := bunkd.list_cron_values(v_fields[4], 1, 12,
    '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}');
  v_weekdays constant integer[] := array(
    select distinct w.day % 7
      from unnest(bunkd.list_cron_values(v_fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}')) as w (day));
  v_after constant timestamp := p_after at time zone 'UTC';
  v_day timestamp := date_trunc('day', v_after);
  v_both constant boolean := cardinality(v_days) < 31 and cardinality(v_weekdays) < 7;
  v_in_month boolean;
  v_in_week boolean;
  v_named boolean;
  v_next timestamp;
begin
  for v_count in 1 .. 5 * 366 loop  -- a 29th of February is among so many
    v_in_month := extract(day from v_day)::integer = any (v_days);
    v_in_week := extract(dow from v_day)::integer = any (v_weekdays);
    -- of two that are restricted either is enough
    v_named := extract(month from v_day)::integer = any (v_months)
      and (v_in_month and v_in_week or v_both and (v_in_month or v_in_week));
    if v_named then
      select min(t.at) into v_next
        from unnest(v_hours) as h (hour) cross join unnest(v_minutes) as m (minute)
       cross join lateral (select v_day + make_interval(hours => h.hour, mins => m.minute) as at) as t
       where t.at > v_after;
      if v_next is not null then
        return v_next at time zone 'UTC';
      end if;
    end if;
    v_day := v_day + interval '1 day';
  end loop;
  return null;
end
$$;

comment on function bunkd.find_next_cron_time(text, timestamptz) is
  'The first time after p_after that a cron expression of five fields names, in UTC as pg_cron has it by default: '
  'when a worker''s next tick is due. Null: within five years there is none.';
