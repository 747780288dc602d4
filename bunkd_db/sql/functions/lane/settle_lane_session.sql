create or replace function bunkd.settle_lane_session() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- For the rest of this session: what a role or a database has set as a default must not reach a lane.
  perform set_config(s.name, s.value, false)
    from (values ('default_transaction_isolation', 'read committed'),
                 ('default_transaction_deferrable', 'off'),
                 ('client_min_messages', 'warning'),  -- at debug2 the library says every header
                 ('lock_timeout', '2s'),
                 ('idle_in_transaction_session_timeout', '0'),
                 ('transaction_timeout', '0'),  -- one request is one transaction
                 ('jit', 'off')) as s (name, value)
    join pg_settings g on g.name = s.name;
end
$$;

comment on function bunkd.settle_lane_session() is
  'Sets what a lane''s session needs, whatever its role and its database have as defaults.';
