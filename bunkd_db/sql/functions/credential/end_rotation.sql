create or replace function bunkd.end_rotation(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform bunkd.forget_secret(p_schedule, 'next');
  delete from bunkd.credential c where c.schedule = p_schedule and c.place = 'next';
  delete from bunkd.rotation r where r.schedule = p_schedule;
end
$$;

comment on function bunkd.end_rotation(text) is 'Ends a rotation with the credential that is the current one then.';
