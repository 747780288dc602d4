create or replace function bunkd.record_tick(p_schedule text, p_problem text, p_back_off text,
                                             p_unsent text default null) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update bunkd.last_tick t
     set at = clock_timestamp(), problem = nullif(p_problem, ''), back_off = p_back_off, unsent = p_unsent
   where t.schedule = p_schedule;
end
$$;

comment on function bunkd.record_tick(text, text, text, text) is
  'Records when the last tick was, what stood in its way, why it held calls back, and why calls that it was to send '
  'were not sent. The row is there: bunkd.lock_tick has made it.';
