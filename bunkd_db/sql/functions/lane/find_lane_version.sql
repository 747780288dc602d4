create or replace function bunkd.find_lane_version() returns xid
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select p.xmin from pg_proc p where p.oid = to_regprocedure('bunkd.run_lane(text, integer)'));
end
$$;

comment on function bunkd.find_lane_version() is
  'Changes with every upgrade, which states the procedure anew: a lane of before it ends by that.';
