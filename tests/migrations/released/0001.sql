BEGIN;

-- first: what strangers have put into public must not be met, nor be remembered by a view
set local search_path = pg_catalog, pg_temp;
set local statement_timeout = '5min';
set local lock_timeout = '60s';
set local standard_conforming_strings = on;
-- a runner that is stopped half-way must not hold the queue's lock
set local idle_in_transaction_session_timeout = '10s';
-- one upgrade at a time: Alembic itself has no lock
select pg_catalog.pg_advisory_xact_lock(7162065917316);
set local lock_timeout = '2s';
do $$
declare
  v_owner name;
begin
  if pg_catalog.current_setting('server_version_num')::integer < 140000 then
    raise exception 'this server is PostgreSQL %; bunkd-db needs 14 or newer', pg_catalog.current_setting('server_version')
      using errcode = 'object_not_in_prerequisite_state';
  elsif pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the transaction is %, and would not see what an upgrade before it did', pg_catalog.current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state', hint = 'Run it as READ COMMITTED.';
  end if;
  select pg_catalog.pg_get_userbyid(n.nspowner) into v_owner from pg_catalog.pg_namespace n where n.nspname = 'bunkd';
  if v_owner is null then
    if not pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') then
      raise exception 'role % may not create a schema in database %', current_user, pg_catalog.current_database()
        using errcode = 'insufficient_privilege',
              hint = pg_catalog.format('As its owner: grant create on database %I to %I;', pg_catalog.current_database(), current_user);
    end if;
    create schema bunkd;
    comment on schema bunkd is 'bunkd-db: calls the function that works off the job queue. See bunkd.status.';
  elsif v_owner <> current_user then
    raise exception 'schema bunkd belongs to role %, this is role %', v_owner, current_user
      using errcode = 'insufficient_privilege', hint = pg_catalog.format('Connect as %I.', v_owner);
  end if;
end
$$;


do $$
declare
  v_start constant text := null;
  v_now text;
begin
  if pg_catalog.to_regclass('bunkd.alembic_version') is not null then
    select pg_catalog.string_agg(a.version_num, ',' order by a.version_num) into v_now from bunkd.alembic_version a;
  end if;
  if v_now is distinct from v_start then
    raise exception 'this script starts at revision %, but the database is at %',
      coalesce(v_start, 'base (nothing installed)'), coalesce(v_now, 'base (nothing installed)')
      using errcode = 'object_not_in_prerequisite_state',
            hint = pg_catalog.format('Make it anew with: bunkd-db upgrade --sql %s:head', coalesce(v_now, 'base'));
  end if;
end
$$;


CREATE TABLE bunkd.alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE bunkd.schedule (
    name TEXT NOT NULL, 
    url TEXT, 
    headers JSONB DEFAULT '{}' NOT NULL, 
    body JSONB DEFAULT '{}' NOT NULL, 
    credential_header TEXT, 
    every TEXT DEFAULT '30s' NOT NULL, 
    timeout_ms INTEGER DEFAULT '35000' NOT NULL, 
    max_in_flight INTEGER DEFAULT '5' NOT NULL, 
    jobs_per_call INTEGER DEFAULT '1' NOT NULL, 
    queue_table TEXT DEFAULT 'public.analysis_jobs' NOT NULL, 
    queue_where TEXT, 
    status_column TEXT DEFAULT 'status' NOT NULL, 
    status_waiting TEXT[] DEFAULT '{queued}' NOT NULL, 
    status_active TEXT[] DEFAULT '{processing,running}' NOT NULL, 
    status_done TEXT[] DEFAULT '{completed,done}' NOT NULL, 
    status_failed TEXT[] DEFAULT '{failed}' NOT NULL, 
    on_timeout TEXT DEFAULT 'release' NOT NULL, 
    rescue_after INTERVAL DEFAULT '10 minutes' NOT NULL, 
    wake BOOLEAN DEFAULT true NOT NULL, 
    endpoint_since TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    paused BOOLEAN DEFAULT false NOT NULL, 
    mode TEXT, 
    mode_reason TEXT, 
    cron_schedule TEXT, 
    system_identifier BIGINT, 
    deployed JSONB DEFAULT '{}' NOT NULL, 
    PRIMARY KEY (name), 
    CONSTRAINT schedule_name CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'), 
    CONSTRAINT schedule_url CHECK (url ~ '^https?://[^/@[:space:]]+(/.*)?$'), 
    CONSTRAINT schedule_every CHECK (every ~ '^([1-9]|[1-5][0-9])s$' or every ~ '^([1-6]|10|12|15|20|30)m$' or every ~ '^([12346]|8|12|24)h$' or every ~ '^[^ ]+( [^ ]+){4}$'), 
    CONSTRAINT schedule_timeout CHECK (timeout_ms between 100 and 600000), 
    CONSTRAINT schedule_max_in_flight CHECK (max_in_flight between 1 and 1000), 
    CONSTRAINT schedule_jobs_per_call CHECK (jobs_per_call between 1 and 1000), 
    CONSTRAINT schedule_on_timeout CHECK (on_timeout in ('release', 'detach')), 
    CONSTRAINT schedule_rescue_after CHECK (rescue_after = '0' or rescue_after between '10 s' and '24 h'), 
    CONSTRAINT schedule_mode CHECK (mode in ('native', 'external'))
);

COMMENT ON TABLE bunkd.schedule IS 'What is called, how often, for which queue. One row a schedule.';

COMMENT ON COLUMN bunkd.schedule.name IS 'The cron job is called bunkd:<name>.';

COMMENT ON COLUMN bunkd.schedule.url IS 'Where the calls go; null until it is known.';

COMMENT ON COLUMN bunkd.schedule.headers IS 'Sent with every call besides ours; never a credential.';

COMMENT ON COLUMN bunkd.schedule.body IS 'Sent with every call.';

COMMENT ON COLUMN bunkd.schedule.credential_header IS 'The header that carries the credential; null: by the credential''s kind.';

COMMENT ON COLUMN bunkd.schedule.every IS 'Time between two ticks: 30s, 5m, 2h or five cron fields.';

COMMENT ON COLUMN bunkd.schedule.timeout_ms IS 'How long pg_net waits for an answer.';

COMMENT ON COLUMN bunkd.schedule.max_in_flight IS 'Slots: never more calls open than this.';

COMMENT ON COLUMN bunkd.schedule.jobs_per_call IS 'Jobs that one call works off.';

COMMENT ON COLUMN bunkd.schedule.queue_table IS 'By name: the application may drop and recreate its table.';

COMMENT ON COLUMN bunkd.schedule.queue_where IS 'SQL condition for the waiting rows that can be claimed; null: found from the table.';

COMMENT ON COLUMN bunkd.schedule.status_done IS 'Decides nothing: check calls a status unknown that is none of the four kinds.';

COMMENT ON COLUMN bunkd.schedule.on_timeout IS 'release: a timed out call is over; detach: its function goes on, and so does its slot.';

COMMENT ON COLUMN bunkd.schedule.rescue_after IS 'A job that is active for longer goes back to waiting; 0: never.';

COMMENT ON COLUMN bunkd.schedule.wake IS 'Whether a write to the queue dispatches at once.';

COMMENT ON COLUMN bunkd.schedule.endpoint_since IS 'Since when url and credential are these: older failures do not count.';

COMMENT ON COLUMN bunkd.schedule.mode IS 'native or external; null until the first upgrade.';

COMMENT ON COLUMN bunkd.schedule.mode_reason IS 'Why it is external, or what native still lacks.';

COMMENT ON COLUMN bunkd.schedule.cron_schedule IS 'What pg_cron was told for every.';

COMMENT ON COLUMN bunkd.schedule.system_identifier IS 'Of the cluster that was provisioned; in any other one nothing is sent.';

COMMENT ON COLUMN bunkd.schedule.deployed IS 'What the last deploy set: a deploy applies only what differs from it.';

CREATE UNLOGGED TABLE bunkd.slot (
    schedule TEXT NOT NULL, 
    n INTEGER NOT NULL, 
    call BIGINT, 
    request BIGINT, 
    net_queue OID, 
    taken TIMESTAMP WITH TIME ZONE, 
    expires TIMESTAMP WITH TIME ZONE, 
    detached BOOLEAN DEFAULT false NOT NULL, 
    born TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    PRIMARY KEY (schedule, n)
)
 WITH (fillfactor = 30, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

COMMENT ON TABLE bunkd.slot IS 'Units of concurrency. UNLOGGED on purpose: it shares the fate of pg_net''s queue, so a request id in it is always of this crash epoch.';

COMMENT ON COLUMN bunkd.slot.call IS 'The call that holds it; null: free.';

COMMENT ON COLUMN bunkd.slot.request IS 'That call''s id in pg_net''s queue.';

COMMENT ON COLUMN bunkd.slot.net_queue IS 'pg_net''s queue: another oid is another pg_net.';

COMMENT ON COLUMN bunkd.slot.expires IS 'When a detached slot is freed at the latest.';

COMMENT ON COLUMN bunkd.slot.born IS 'Since the last crash.';

CREATE UNLOGGED TABLE bunkd.wake (
    schedule TEXT NOT NULL, 
    xact BIGINT NOT NULL, 
    jobs_left BIGINT NOT NULL
)
 WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

COMMENT ON TABLE bunkd.wake IS 'What a transaction asks for; its deferred trigger dispatches at commit and removes the rows.';

COMMENT ON COLUMN bunkd.wake.xact IS 'The writer''s transaction.';

COMMENT ON COLUMN bunkd.wake.jobs_left IS 'How many jobs its statement took out of the active state.';

CREATE INDEX wake_xact ON bunkd.wake (xact);

CREATE SEQUENCE bunkd.wake_failed;

comment on sequence bunkd.wake_failed is 'Counts wakes that failed: without a lock, and across rollbacks.';

CREATE UNLOGGED TABLE bunkd.last_tick (
    schedule TEXT NOT NULL, 
    at TIMESTAMP WITH TIME ZONE, 
    problem TEXT, 
    back_off TEXT, 
    rescued TIMESTAMP WITH TIME ZONE, 
    pruned_to BIGINT, 
    PRIMARY KEY (schedule)
)
 WITH (fillfactor = 50);

COMMENT ON TABLE bunkd.last_tick IS 'What the last tick found. UNLOGGED: the next tick writes it anew.';

COMMENT ON COLUMN bunkd.last_tick.problem IS 'What kept it from looking at the queue.';

COMMENT ON COLUMN bunkd.last_tick.back_off IS 'Why it held calls back.';

COMMENT ON COLUMN bunkd.last_tick.rescued IS 'The last search for stuck jobs.';

COMMENT ON COLUMN bunkd.last_tick.pruned_to IS 'The last runid of cron.job_run_details looked at.';

CREATE TABLE bunkd.call (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY, 
    schedule TEXT NOT NULL, 
    reason TEXT NOT NULL, 
    request BIGINT, 
    sent TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    settled TIMESTAMP WITH TIME ZONE, 
    outcome TEXT, 
    status_code INTEGER, 
    job_id TEXT, 
    retry_at TIMESTAMP WITH TIME ZONE, 
    detail TEXT, 
    PRIMARY KEY (id)
);

COMMENT ON TABLE bunkd.call IS 'The ledger: one row a call that we sent. Kept for 7 days.';

COMMENT ON COLUMN bunkd.call.reason IS 'What caused it: tick, wake, refill, probe.';

COMMENT ON COLUMN bunkd.call.request IS 'pg_net''s id; not unique, a crash restarts them.';

COMMENT ON COLUMN bunkd.call.outcome IS 'ok, empty, job_failed, http_error, rejected, timeout, network_error, lost.';

COMMENT ON COLUMN bunkd.call.job_id IS 'Where the answer names one.';

COMMENT ON COLUMN bunkd.call.retry_at IS 'From Retry-After.';

COMMENT ON COLUMN bunkd.call.detail IS 'The answer''s message or pg_net''s error, shortened.';

CREATE INDEX call_sent ON bunkd.call (sent);

CREATE INDEX call_open ON bunkd.call (schedule) WHERE settled is null;

CREATE INDEX call_settled ON bunkd.call (schedule, settled) WHERE settled is not null;

CREATE TABLE bunkd.rescued_job (
    schedule TEXT NOT NULL, 
    job_id TEXT NOT NULL, 
    times INTEGER DEFAULT '1' NOT NULL, 
    last TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    PRIMARY KEY (schedule, job_id)
);

COMMENT ON TABLE bunkd.rescued_job IS 'How often a job was rescued.';

CREATE TABLE bunkd.credential (
    schedule TEXT NOT NULL, 
    kind TEXT NOT NULL, 
    store TEXT NOT NULL, 
    salt BYTEA NOT NULL, 
    deployed_digest BYTEA, 
    set_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    PRIMARY KEY (schedule)
);

COMMENT ON TABLE bunkd.credential IS 'Where the credential of a schedule is and what kind it is; never its value.';

COMMENT ON COLUMN bunkd.credential.kind IS 'See bunkd.credential_kind.';

COMMENT ON COLUMN bunkd.credential.store IS 'vault, or table: bunkd.secret.';

COMMENT ON COLUMN bunkd.credential.deployed_digest IS 'Salted, of what the last deploy brought.';

CREATE TABLE bunkd.secret (
    schedule TEXT NOT NULL, 
    value TEXT, 
    PRIMARY KEY (schedule)
);

COMMENT ON TABLE bunkd.secret IS 'The credential where there is no Vault, in the clear. Filled through bunkd.credential_inbox only.';

CREATE TABLE bunkd.retired_job (
    job_id BIGINT NOT NULL, 
    job_name TEXT, 
    schedule TEXT NOT NULL, 
    retired TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    PRIMARY KEY (job_id)
);

COMMENT ON TABLE bunkd.retired_job IS 'Cron jobs of an older recipe that we deactivated; a downgrade activates them again.';

CREATE TABLE bunkd.access (
    kind TEXT NOT NULL, 
    role TEXT NOT NULL, 
    PRIMARY KEY (kind)
);

COMMENT ON TABLE bunkd.access IS 'Roles besides the owner that an operator has let in.';

COMMENT ON COLUMN bunkd.access.kind IS 'reader: may read our views.';

INSERT INTO bunkd.alembic_version (version_num) VALUES ('0001') RETURNING bunkd.alembic_version.version_num;

set local check_function_bodies = off;

create or replace function bunkd.apply(p_schedule text, p_set jsonb) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_new bunkd.schedule;
  v_kind "char";
begin
  if p_set ? 'queue_table' then
    begin
      select c.relkind into v_kind from pg_class c where c.oid = to_regclass(p_set ->> 'queue_table');
    exception when insufficient_privilege then
      raise exception 'role % has no USAGE on the schema of %', current_user, p_set ->> 'queue_table'
        using errcode = 'insufficient_privilege', hint = 'Grant it, or name another BUNKD_QUEUE_TABLE.';
    end;
    if v_kind not in ('r', 'p') then
      raise exception 'BUNKD_QUEUE_TABLE % is not a table', p_set ->> 'queue_table'
        using errcode = 'invalid_parameter_value', hint = 'Name the table that the jobs are inserted into, not a view of it.';
    end if;
  end if;
  select * into strict v_new from bunkd.schedule where name = p_schedule;
  v_new := jsonb_populate_record(v_new, p_set);
  if p_set ? 'queue_where' and v_new.queue_where is not null then
    begin
      if to_regclass(v_new.queue_table) is not null then
        execute format('select from %s where (%s) limit 0', v_new.queue_table, v_new.queue_where);
      end if;
    exception
      when insufficient_privilege or lock_not_available then
        null;  -- not to be asked now; a tick records what it finds
      when others then
        raise exception 'BUNKD_QUEUE_WHERE does not fit %: %', v_new.queue_table, sqlerrm
          using errcode = 'invalid_parameter_value', hint = 'Write a condition on its columns, like: attempts < 5';
    end;
  end if;
  update bunkd.schedule s
     set url = v_new.url, headers = v_new.headers, body = v_new.body, credential_header = v_new.credential_header,
         every = v_new.every, timeout_ms = v_new.timeout_ms, max_in_flight = v_new.max_in_flight,
         jobs_per_call = v_new.jobs_per_call, queue_table = v_new.queue_table, queue_where = v_new.queue_where,
         status_column = v_new.status_column, status_waiting = v_new.status_waiting,
         on_timeout = v_new.on_timeout, rescue_after = v_new.rescue_after, wake = v_new.wake,
         endpoint_since = case when s.url is distinct from v_new.url then clock_timestamp() else s.endpoint_since end,
         status_active = v_new.status_active, status_done = v_new.status_done, status_failed = v_new.status_failed
   where s.name = p_schedule;
end
$$;

comment on function bunkd.apply(text, jsonb) is
  'Sets columns of a schedule, by name. A queue that is not a table and a condition that does not fit it are refused.';

create or replace function bunkd.arm() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule constant text := tg_argv[0];
  v_setting constant text := bunkd.wake_setting(v_schedule);
  v_count constant text := format('select count(*) filter (where %1$I::text = any ($1)) as active, count(*) filter (where %1$I::text = any ($2)) as waiting from ', tg_argv[1]);
  v_xid text;
  v_left bigint := 0;
  v_more bigint := 0;
begin
  -- Anything stricter could fail the writer's commit with 40001: such a job waits for the tick.
  if current_setting('transaction_isolation') <> 'read committed' then
    return null;
  end if;
  v_xid := pg_current_xact_id()::text;
  if current_setting(v_setting, true) = v_xid || ' no more' then
    return null;
  end if;
  begin
    if tg_op = 'UPDATE' then
      execute format('select o.active - n.active, n.waiting - o.waiting from (%1$s old_rows) as o, (%1$s new_rows) as n', v_count)
        into v_left, v_more using tg_argv[3]::text[], tg_argv[2]::text[];
    elsif tg_op = 'DELETE' then
      execute v_count || 'old_rows' into v_left using tg_argv[3]::text[], tg_argv[2]::text[];
    end if;
    if tg_op <> 'INSERT' and v_left <= 0 and (v_more <= 0 or tg_op = 'DELETE') then
      return null;
    elsif v_left <= 0 and current_setting(v_setting, true) = v_xid then
      return null;
    end if;
    perform set_config(v_setting, v_xid, true);  -- first: after SET CONSTRAINTS IMMEDIATE the insert itself dispatches
    insert into bunkd.wake (schedule, xact, jobs_left) values (v_schedule, v_xid::bigint, greatest(v_left, 0));
  exception when others then  -- a wake never fails the application's write; it is counted, and the tick comes
    perform set_config(v_setting, v_xid || ' no more', true);  -- or every further statement would wait for the same lock
    perform nextval('bunkd.wake_failed');
    raise log 'bunkd: a wake failed: %', sqlerrm;
  end;
  return null;
end
$$;

comment on function bunkd.arm() is
  'Statement trigger on the queue, for any writer: asks for one dispatch at this transaction''s commit where jobs may have come to wait or have left the active state. Arguments: schedule, status column, waiting words, active words.';

create or replace function bunkd.at_commit() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planning the small look-ups anew would cost more than they do
as $$
declare
  v_setting constant text := bunkd.wake_setting(new.schedule);
  v_left bigint;
begin
  if current_setting(v_setting, true) = new.xact || ' no more' then
    return null;
  end if;
  perform set_config(v_setting, '', true);  -- a write after SET CONSTRAINTS IMMEDIATE arms anew
  with mine as (
    delete from bunkd.wake w where w.xact = new.xact and w.schedule = new.schedule returning w.jobs_left
  )
  select sum(m.jobs_left) into v_left from mine as m;
  if v_left is not null then  -- else an earlier row of this transaction has dispatched for all of them
    perform bunkd.dispatch(new.schedule, case when v_left > 0 then 'refill' else 'wake' end, least(v_left, 1000)::integer);
  end if;
  return null;
exception when others then  -- a wake never fails the application's write; it is counted, and the tick comes
  perform set_config(v_setting, new.xact || ' no more', true);
  perform nextval('bunkd.wake_failed');
  raise log 'bunkd: a wake failed: %', sqlerrm;
  return null;
end
$$;

comment on function bunkd.at_commit() is
  'Deferred trigger of bunkd.wake: dispatches at the commit of a transaction that wrote to the queue, once, however many rows. An open transaction holds no slot.';

create or replace function bunkd.attach(p_schedule bunkd.schedule, p_shape record) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_call constant text := format('execute function bunkd.arm(%L, %L, %L, %L)', p_schedule.name, p_schedule.status_column,
                                 p_schedule.status_waiting, p_schedule.status_active);
  v_args bytea;
  v_event text;
begin
  if not p_schedule.wake then
    return bunkd.detach(p_schedule.name);
  end if;
  if p_shape.problem is not null then
    return null;  -- dispatch says it
  end if;
  select string_agg(convert_to(a.word, getdatabaseencoding()) || '\x00', '' order by a.place) into v_args
    from unnest(array[p_schedule.name, p_schedule.status_column, p_schedule.status_waiting::text, p_schedule.status_active::text])
      with ordinality as a (word, place);
  if (select count(*) from pg_trigger t
       where t.tgrelid = p_shape.queue and t.tgfoid = 'bunkd.arm'::regproc and t.tgenabled = 'O' and t.tgargs = v_args
         and t.tgname in ('bunkd_insert_' || p_schedule.name, 'bunkd_update_' || p_schedule.name, 'bunkd_delete_' || p_schedule.name)) = 3 then
    return bunkd.detach(p_schedule.name, p_shape.queue);  -- another table was the queue, or was renamed
  elsif (select c.relkind not in ('r', 'p') from pg_class c where c.oid = p_shape.queue) then
    return format('%s is not a table: ticks only, no wake', p_shape.queue);
  elsif (select not pg_has_role(c.relowner, 'usage') from pg_class c where c.oid = p_shape.queue) then
    -- who has only the right to create triggers could never take them off again
    return format('role %I does not own %s: ticks only, no wake', current_user, p_shape.queue);
  end if;
  begin
    -- nowait: writers must never queue behind us
    execute format('lock table %s in share row exclusive mode nowait', p_shape.queue);
    -- Transition tables, not WHEN: a trigger that names a column would stand in the way of the application's ALTER TABLE.
    foreach v_event in array array['insert', 'update', 'delete'] loop
      execute format('create or replace trigger %I after %s on %s %s for each statement %s',
        concat('bunkd_', v_event, '_', p_schedule.name), v_event, p_shape.queue,
        case v_event when 'update' then 'referencing old table as old_rows new table as new_rows'
                     when 'delete' then 'referencing old table as old_rows' else '' end,
        v_call);
    end loop;
  exception
    when lock_not_available then
      return format('%s was busy: the next tick attaches the wake', p_shape.queue);
    when others then  -- a wake that cannot be had must not break a deploy or a tick
      return format('no wake on %s, ticks only: %s', p_shape.queue, sqlerrm);
  end;
  return null;
end
$$;

comment on function bunkd.attach(bunkd.schedule, record) is
  'Makes sure of the wake''s triggers on the queue, where they are missing or different: after an upgrade, and when the application has recreated its table. p_shape is bunkd.queue_shape''s answer. Returns why there is no wake, or null. Never waits for a lock.';

create or replace function bunkd.brake(
  p_schedule bunkd.schedule,
  p_reason text,
  out at_most integer,
  out reason text,
  out note text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_last record;
  v_failing text[] := array['http_error', 'rejected', 'network_error'];
  v_tick constant interval := make_interval(secs => bunkd.every_seconds(p_schedule));
  v_wait interval;
  v_now constant timestamptz := clock_timestamp();
begin
  if p_schedule.on_timeout = 'release' then
    v_failing := v_failing || 'timeout'::text;  -- under detach a timeout is a function that goes on working
  end if;
  -- The ledger is the memory: nothing is written here, and nothing can go stale.
  select count(*) as n,
         count(*) filter (where c.outcome = any (v_failing) and c.place <= 3) as failures,
         count(*) filter (where c.outcome = 'job_failed') as failed_jobs,
         count(*) filter (where c.outcome = 'empty' and c.place <= 3) as empty_answers,
         count(*) filter (where c.probes and c.outcome = any (v_failing)) as probes,
         max(c.sent) as sent,
         max(c.retry_at) filter (where c.place <= 3) as retry_at,
         (array_agg(coalesce(c.status_code::text, c.outcome) order by c.place))[1] as last
    into v_last
    from (select t.*, row_number() over latest as place, bool_and(t.reason = 'probe') over latest as probes
            from (select o.id, o.reason, o.sent, o.settled, o.outcome, o.status_code, o.retry_at from bunkd.call o
                   where o.schedule = p_schedule.name and o.settled <= v_now and o.outcome <> 'lost'  -- none of a clock that was ahead
                     and o.sent >= p_schedule.endpoint_since and o.settled >= p_schedule.endpoint_since  -- this one for the index
                   order by o.settled desc limit 10) as t
          window latest as (order by t.settled desc, t.id desc)) as c;

  if v_last.failures = 3 then
    note := case when v_last.last in ('401', '403') then format('the function rejects the credential (%s)', v_last.last)
                 when v_last.last = '404' then 'the function is not deployed (404)'
                 else format('the endpoint fails (%s)', v_last.last) end
            || ': one probe call at growing distances until it answers';
    reason := 'probe';
    v_wait := least(v_tick * (2 ^ v_last.probes), greatest(v_tick, interval '5 minutes'));
    -- a tick that comes a moment early still counts as that tick
    at_most := case when p_reason <> 'tick' or v_now < greatest(v_last.retry_at, v_last.sent + v_wait - v_tick / 2)
                         or exists (select from bunkd.call o where o.schedule = p_schedule.name and o.settled is null and o.reason = 'probe')
                    then 0 else 1 end;
  elsif v_last.failed_jobs = 10 then
    note := 'ten jobs in a row have failed: one call a tick until one succeeds';
    at_most := case when p_reason = 'tick' then 1 else 0 end;
  elsif v_last.empty_answers = 3 and p_reason = 'tick' then
    note := 'the function finds no job although rows seem to wait: no calls until the queue changes or the tenth tick';
    at_most := case when v_now < v_last.sent + v_tick * 9.5 then 0 else 1 end;
  end if;
end
$$;

comment on function bunkd.brake(bunkd.schedule, text) is
  'How many calls may be sent at most for this reason, null for no limit, with a note that says why. Three failures in a row: one probe at distances of 1, 2, 4, 8 ticks, 5 minutes at most, Retry-After honoured. Ten failed jobs in a row: one call a tick. Three empty answers in a row: none until the queue changes or the tenth tick.';

create or replace function bunkd.credential_kind(p_value text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_payload text;
  v_role text;
begin
  if starts_with(p_value, 'sb_secret_') then
    return 'supabase-secret-key';
  elsif starts_with(p_value, 'sb_publishable_') then
    return 'supabase-publishable-key';
  elsif p_value !~ '^eyJ[^.]*\.[^.]+\.[^.]*$' then
    return 'token';
  end if;
  begin
    v_payload := translate(split_part(p_value, '.', 2), '-_', '+/');
    v_payload := rpad(v_payload, (length(v_payload) + 3) / 4 * 4, '=');
    v_role := convert_from(decode(v_payload, 'base64'), 'UTF8')::jsonb ->> 'role';
  exception when others then  -- looks like a JWT and is none: a token; the error would quote the value
    return 'token';
  end;
  return case when v_role in ('service_role', 'anon', 'authenticated') then 'jwt-' || v_role else 'jwt' end;
end
$$;

comment on function bunkd.credential_kind(text) is
  'What kind a credential is, by its look: token, jwt, jwt-service_role, jwt-anon, jwt-authenticated, supabase-secret-key or supabase-publishable-key.';

create or replace function bunkd.cron_schedule(p_every text, p_seconds boolean) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case
    when p_every ~ '^\d+s$' and p_seconds then rtrim(p_every, 's') || ' seconds'
    when p_every ~ '^\d+s$' then '* * * * *'
    when p_every = '1m' then '* * * * *'
    when p_every ~ '^\d+m$' then '*/' || rtrim(p_every, 'm') || ' * * * *'
    when p_every = '24h' then '0 0 * * *'
    when p_every = '1h' then '0 * * * *'
    when p_every ~ '^\d+h$' then '0 */' || rtrim(p_every, 'h') || ' * * *'
    else p_every
  end
$$;

comment on function bunkd.cron_schedule(text, boolean) is
  'What pg_cron wants to hear for an interval (30s, 5m, 2h or five cron fields). Before pg_cron 1.5 (p_seconds false) every interval below a minute becomes every minute.';

create or replace function bunkd.demand(
  p_schedule bunkd.schedule,
  p_reason text,
  out wanted integer,
  out problem text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_shape record;
  v_slots record;
  v_waiting bigint;
  v_active bigint;
begin
  wanted := 0;
  v_shape := bunkd.queue_shape(p_schedule);
  problem := v_shape.problem;
  if problem is not null then
    return;
  end if;
  -- Stable, so slots and queue are seen in one snapshot: a job and the call that was sent for it, or neither.
  select p_schedule.max_in_flight - count(*) as free, count(*) filter (where o.unsent) as unsent,
         count(*) filter (where o.picked) as picked,
         count(*) filter (where o.picked and o.taken > clock_timestamp() - interval '2 s') as fresh
    into v_slots from bunkd.observe(p_schedule.name) as o;
  if v_slots.free <= 0 then
    return;
  elsif p_reason <> 'tick' and not bunkd.is_indexed(v_shape.queue, p_schedule.status_column, p_schedule.status_waiting) then
    wanted := case when v_slots.unsent = 0 then 1 else 0 end;  -- counting would scan the whole table at every write
    return;
  end if;
  begin
    execute format('select count(*) from (select from %s where %s limit $1) as w', v_shape.queue, v_shape.claimable)
      into v_waiting using (v_slots.free + v_slots.unsent + v_slots.picked) * p_schedule.jobs_per_call;
    if v_waiting = 0 then
      return;
    end if;
    if (v_slots.picked > 0 or p_schedule.on_timeout = 'detach')
       and bunkd.is_indexed(v_shape.queue, p_schedule.status_column, p_schedule.status_active) then
      -- A row that is active for longer than its function can live belongs to nobody: it must not hold back a call.
      execute format('select count(*) from (select from %s where %s limit $1) as a', v_shape.queue, v_shape.active
                || case when v_shape.started_column is null then ''
                   else format(' and %I > clock_timestamp() - interval %L', v_shape.started_column,
                          case when p_schedule.on_timeout = 'detach' then coalesce(nullif(p_schedule.rescue_after, '0'), interval '10 minutes')
                               else make_interval(secs => p_schedule.timeout_ms / 1000.0 + 5) end) end)
        into v_active using p_schedule.max_in_flight;
    end if;
  exception
    when lock_not_available then
      problem := format('%s is locked, the next tick looks again', v_shape.queue);
      return;
    when others then  -- a condition of the operator's that no longer fits, a view without the right behind it
      problem := format('%s cannot be read: %s', v_shape.queue, sqlerrm);
      return;
  end;
  -- An unsent call will claim a job, and so will one that is under way and has none yet.
  wanted := ceil(v_waiting::numeric / p_schedule.jobs_per_call) - v_slots.unsent
    - case when v_active is null then v_slots.fresh else greatest(0, v_slots.picked - v_active) end;
  wanted := least(wanted, v_slots.free);
  if p_schedule.on_timeout = 'detach' and v_active is not null then
    wanted := least(wanted, p_schedule.max_in_flight - v_slots.unsent - v_active);
  end if;
end
$$;

comment on function bunkd.demand(bunkd.schedule, text) is
  'How many calls the waiting jobs want: min(ceil(claimable / jobs_per_call), free slots), less the calls under way that have no job yet. Without an index that serves waiting a write wants one call and counts nothing.';

create or replace function bunkd.detach(p_schedule text, p_except regclass default null) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_trigger record;
begin
  for v_trigger in
    select t.tgname, t.tgrelid::regclass as queue from pg_trigger t
     where t.tgfoid = 'bunkd.arm'::regproc and t.tgparentid = 0 and t.tgrelid is distinct from p_except
       and t.tgname in ('bunkd_insert_' || p_schedule, 'bunkd_update_' || p_schedule, 'bunkd_delete_' || p_schedule)
  loop
    begin
      execute format('lock table %s in access exclusive mode nowait', v_trigger.queue);
      execute format('drop trigger %I on %s', v_trigger.tgname, v_trigger.queue);
    exception
      when lock_not_available then
        return format('%s was busy: the wake stays on it for now', v_trigger.queue);
      when others then  -- the table may have another owner by now: that must not break a deploy or a tick
        return format('the wake stays on %s: %s', v_trigger.queue, sqlerrm);
    end;
  end loop;
  return null;
end
$$;

comment on function bunkd.detach(text, regclass) is
  'Takes a schedule''s wake off its queue, or off every table but p_except: a former queue. Never waits for a lock: returns what stood in the way, or null.';

create or replace function bunkd.dispatch(
  p_schedule text,
  p_reason text,
  p_left integer default 0,
  out sent integer,
  out settled integer,
  out problem text,
  out back_off text
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
  v_gives boolean;
  v_wanted integer;
  v_brake record;
begin
  sent := 0;
  settled := 0;
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  problem := bunkd.fence(v_schedule);
  if problem is not null or v_schedule.mode is distinct from 'native'
     or p_reason in ('wake', 'refill') and not v_schedule.wake then
    return;
  elsif to_regclass('net.http_request_queue') is null then
    problem := 'the extension pg_net is gone: bunkd-db upgrade enables it again';
    return;
  end if;

  -- One call that works off several jobs does not end with the first of them.
  p_left := case when v_schedule.jobs_per_call = 1 then p_left else 0 end;
  v_gives := p_left > 0 or exists (select from bunkd.observe(p_schedule) as o where o.ended);
  perform bunkd.gate(p_schedule, v_gives);
  if v_gives then
    settled := bunkd.settle(v_schedule);
    perform bunkd.give_back(p_schedule, p_left);
  end if;
  if p_reason in ('tick', 'refill') then
    settled := settled + bunkd.settle_released(p_schedule);
  end if;

  if v_schedule.paused or (select count(*) from bunkd.observe(p_schedule)) >= v_schedule.max_in_flight then
    return;
  end if;
  v_brake := bunkd.brake(v_schedule, p_reason);
  back_off := v_brake.note;
  if v_brake.at_most = 0 then
    return;
  end if;
  select d.wanted, d.problem into v_wanted, problem
    from bunkd.demand(v_schedule, p_reason) as d;
  if v_wanted > 0 then
    sent := bunkd.send(v_schedule, coalesce(v_brake.reason, p_reason), least(v_wanted, v_brake.at_most));
  end if;
end
$$;

comment on function bunkd.dispatch(text, text, integer) is
  'Settles what has ended, gives the slots of p_left finished jobs back, and sends one call per free slot for the jobs that wait. Returns how many calls it sent and settled, what kept it from looking at the queue, and why it holds calls back.';

create or replace function bunkd.enable_extensions() returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name text;
  v_setting text;
begin
  foreach v_name in array array['pg_cron', 'pg_net'] loop
    if not exists (select from pg_available_extensions a where a.name = v_name) then
      return format('%s is not available on this server', v_name);
    elsif not exists (select from pg_extension e where e.extname = v_name)
      and exists (select from pg_namespace n where n.nspname = replace(v_name, 'pg_', '')) then
      return format('a schema called %s is there that is not %s''s', replace(v_name, 'pg_', ''), v_name);
    end if;
  end loop;
  -- pg_net can be created in any database and then never sends: only its own will do.
  v_setting := current_setting('pg_net.database_name', true);
  if v_setting is null then
    return 'pg_net is not in shared_preload_libraries';
  elsif v_setting <> current_database() then
    return format('pg_net works in database %s only, not in %s', v_setting, current_database());
  end if;
  begin
    v_setting := current_setting('cron.database_name', true);
    if v_setting is null then
      return 'pg_cron is not in shared_preload_libraries';
    elsif v_setting <> current_database() then
      return format('pg_cron works in database %s only, not in %s', v_setting, current_database());
    end if;
  exception when insufficient_privilege then
    null;  -- preloaded, but this role may not read in which database: create extension will tell
  end;

  -- One subtransaction: both or neither. Never with VERSION, and one that is there stays as it is.
  begin
    if not exists (select from pg_extension e where e.extname = 'pg_cron') then
      create extension pg_cron with schema pg_catalog;
    end if;
    if not exists (select from pg_extension e where e.extname = 'pg_net') then
      execute format('create extension pg_net with schema %I', coalesce(
        (select n.nspname from pg_namespace n where n.nspname = 'extensions'), 'pg_catalog'));
    end if;
    if not has_schema_privilege('cron', 'usage') or not has_function_privilege('cron.schedule(text, text, text)', 'execute') then
      raise exception 'role % may not use pg_cron: grant usage on schema cron to %', current_user, quote_ident(current_user);
    elsif not has_schema_privilege('net', 'usage') or not has_table_privilege('net._http_response', 'select')
       or not has_table_privilege('net.http_request_queue', 'select')
       -- before pg_net 0.12 its functions insert with their owner's privileges
       or not (has_table_privilege('net.http_request_queue', 'insert')
               or exists (select from pg_proc p where p.pronamespace = 'net'::regnamespace and p.proname = 'http_post' and p.prosecdef)) then
      raise exception 'role % may not use pg_net: grant usage on schema net, and select and insert on its tables, to %',
        current_user, quote_ident(current_user);
    end if;
  exception when others then  -- whatever stands in the way, a deploy goes on without the native scheduler
    return sqlerrm;
  end;
  return null;
end
$$;

comment on function bunkd.enable_extensions() is
  'Makes sure of pg_cron and pg_net, both or neither. Returns null where this database can make the calls itself, else why it cannot.';

create or replace function bunkd.every_seconds(p_schedule bunkd.schedule) returns integer
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case
    when p_schedule.cron_schedule = '* * * * *' then 60  -- also what 30s becomes before pg_cron 1.5
    when p_schedule.every ~ '^\d+[smh]$'
      then left(p_schedule.every, -1)::integer * case right(p_schedule.every, 1) when 's' then 1 when 'm' then 60 else 3600 end
    else 60
  end
$$;

comment on function bunkd.every_seconds(bunkd.schedule) is
  'Seconds between two ticks of a schedule; 60 for a cron expression of its own.';

create or replace function bunkd.fence(p_schedule bunkd.schedule) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select case when p_schedule.system_identifier is distinct from c.system_identifier
              then 'this database is a copy: run bunkd-db upgrade here with the url and the credential set' end
    from pg_control_system() as c);
end
$$;

comment on function bunkd.fence(bunkd.schedule) is
  'Why this database must not call, or null: a dump that was restored elsewhere, or a preview branch, has another system identifier than the one that was provisioned.';

create or replace function bunkd.first_word(p_type regtype, p_words text[]) returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select w.word from unnest(p_words) with ordinality as w (word, position)
    join pg_type t on t.oid = p_type
   where t.typtype <> 'e' or exists (select from pg_enum e where e.enumtypid = t.oid and e.enumlabel = w.word)
   order by w.position limit 1
$$;

comment on function bunkd.first_word(regtype, text[]) is 'The first of these status words that the status column''s type can hold.';

create or replace function bunkd.free_slot(p_schedule text, p_n integer) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update bunkd.slot set call = null, request = null, net_queue = null, taken = null, expires = null, detached = false
   where schedule = p_schedule and n = p_n;
end
$$;

comment on function bunkd.free_slot(text, integer) is 'Frees a slot. The caller holds its row lock.';

create or replace function bunkd.gate(p_schedule text, p_gives boolean) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
begin
  -- Who gives slots back excludes the others until its commit, who only takes them does not: so somebody who finds no
  -- slot has committed its job before a giver looks, or looks itself after the giver's commit. No wake-up is lost.
  if p_gives then
    -- Twenty functions that end together queue up here; past the gate two of them would send for the same job.
    perform set_config('lock_timeout', '250ms', true);
    perform pg_advisory_xact_lock('bunkd.slot'::regclass::oid::integer, hashtext(p_schedule));
  else
    perform pg_advisory_xact_lock_shared('bunkd.slot'::regclass::oid::integer, hashtext(p_schedule));
  end if;
exception when lock_not_available then
  -- For liveness only: the bound rests on the slots' row locks, and the next tick looks again. Any role that may log in
  -- could keep this lock, and would delay each dispatch by 50 or 250 ms; more it cannot do.
  null;
end
$$;

comment on function bunkd.gate(text, boolean) is
  'Orders dispatches that give slots back before those that look for one; a writer waits 50 ms at most, a function that ends its job 250 ms.';

create or replace function bunkd.give_back(p_schedule text, p_left integer) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_left integer := p_left;
  v_slot record;
begin
  for v_slot in
    select o.n, o.request, o.detached from bunkd.observe(p_schedule) as o where o.picked or o.detached order by o.picked desc, o.n
  loop
    exit when v_left <= 0;
    perform from bunkd.slot s
      where s.schedule = p_schedule and s.n = v_slot.n and s.request = v_slot.request and s.detached = v_slot.detached
      for update skip locked;
    if found then
      perform bunkd.free_slot(p_schedule, v_slot.n);
      v_left := v_left - 1;
    end if;
  end loop;
end
$$;

comment on function bunkd.give_back(text, integer) is
  'Frees one slot for each job that has left the active state: of a call that pg_net has under way and that is about to end, else of a detached one, never of one that is not sent yet.';

create or replace function bunkd.has_credential(p_schedule text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_store text;
begin
  select c.store into v_store from bunkd.credential c where c.schedule = p_schedule;
  case v_store
    when 'table' then return exists (select from bunkd.secret s where s.schedule = p_schedule and s.value <> '');
    when 'vault' then
      if not bunkd.has_vault() then
        return false;  -- dropped since, and then its table cannot even be named
      end if;
      return exists (select from vault.secrets s where s.name = 'bunkd:' || p_schedule);
    else return false;
  end case;
end
$$;

comment on function bunkd.has_credential(text) is
  'Whether a credential is kept for a schedule. It is not read or decrypted here.';

create or replace function bunkd.has_vault() returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(bool_and(
           has_schema_privilege(n.oid, 'usage')
           and has_table_privilege(s.oid, 'select')
           and has_function_privilege(f.oid, 'execute')), false)
    from pg_extension e
    join pg_namespace n on n.nspname = 'vault'
    join pg_class s on s.relnamespace = n.oid and s.relname in ('secrets', 'decrypted_secrets')
    join pg_proc f on f.pronamespace = n.oid and f.proname in ('create_secret', 'update_secret')
   where e.extname = 'supabase_vault'
$$;

comment on function bunkd.has_vault() is
  'Whether Supabase Vault is installed and this role may keep a credential in it.';

create or replace function bunkd.hold_tick(p_schedule text, p_wait boolean) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '30s'
as $$
begin
  -- A row of ours: an advisory lock could be taken, and kept, by any role that may log in.
  if not exists (select from bunkd.last_tick t where t.schedule = p_schedule) then  -- a crash empties the table
    begin
      perform set_config('lock_timeout', case when p_wait then '30s' else '50ms' end, true);
      insert into bunkd.last_tick (schedule) values (p_schedule) on conflict do nothing;
    exception when lock_not_available then  -- whoever is at work is the first since then
      if p_wait then
        raise;
      end if;
      return false;
    end;
  end if;
  if p_wait then
    perform from bunkd.last_tick t where t.schedule = p_schedule for update;
  else
    perform from bunkd.last_tick t where t.schedule = p_schedule for update skip locked;
  end if;
  return found;
end
$$;

comment on function bunkd.hold_tick(text, boolean) is
  'Keeps other ticks of this schedule away until the end of the transaction; false where one is at work and p_wait is not set. An upgrade waits for the tick that is at work before it locks anything that this may want, the queue above all.';

create or replace function bunkd.is_indexed(p_table regclass, p_column text, p_words text[]) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
begin
  -- The cheap questions first: a small table is read faster than an index, and most indexes are plain.
  if (select c.relkind = 'r' and pg_relation_size(c.oid) < 1024 * 1024 from pg_class c where c.oid = p_table) then
    return true;
  end if;
  return exists (
    select from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attname = p_column
     cross join (select p_words as words) as v
     where i.indrelid = p_table
       and -- over an index i, the status column a and the words v.words: whether the index finds all rows with one of them. By its
-- first column, or because its predicate says nothing else but that the status is one of these words or some more.
i.indisvalid
and exists (select from pg_class c join pg_am m on m.oid = c.relam and m.amname = 'btree' where c.oid = i.indexrelid)
-- of any other type, = may be another operator than ours
and (a.atttypid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype,
                    'int2'::regtype, 'int4'::regtype, 'int8'::regtype)
     or exists (select from pg_type t where t.oid = -- over a column a: its type, or what its domain is of
(with recursive up (oid) as (
   select a.atttypid
   union all
   select t.typbasetype from up join pg_type t on t.oid = up.oid where t.typtype = 'd'
 )
 select t.oid from up join pg_type t on t.oid = up.oid where t.typtype <> 'd')
                   and (t.typtype = 'e' or t.oid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype,
                                                     'int2'::regtype, 'int4'::regtype, 'int8'::regtype))))
and case when i.indpred is null then i.indkey[0] = a.attnum and i.indcollation[0] = a.attcollation
    else exists (
      select from pg_type t
       cross join lateral (select pg_get_expr(i.indpred, i.indrelid) as rows) as p
       cross join lateral (
         -- without literals, casts and parentheses
         select translate(regexp_replace(regexp_replace(p.rows, '''(?:[^'']|'''')*''', '?', 'g'),
                                         '::("[^"]+"|[a-z_0-9. ])+(\[\])?', '', 'g'), '() ', '') as says,
                translate(quote_ident(a.attname), '() ', '') || '=' as status_is
       ) as r
       where t.oid = -- over a column a: its type, or what its domain is of
(with recursive up (oid) as (
   select a.atttypid
   union all
   select t.typbasetype from up join pg_type t on t.oid = up.oid where t.typtype = 'd'
 )
 select t.oid from up join pg_type t on t.oid = up.oid where t.typtype <> 'd')
         and starts_with(r.says, r.status_is) and substr(r.says, length(r.status_is) + 1) ~ '^(\?|ANYARRAY\[\?(,\?)*\])$'
         and array(select w from unnest(v.words) as w  -- an enum has only its own labels
                    where t.typtype <> 'e' or exists (select from pg_enum e where e.enumtypid = t.oid and e.enumlabel = w))
             <@ array(select replace(l.word[1], '''''', '''') from regexp_matches(p.rows, '''((?:[^'']|'''')*)''', 'g') as l (word)))
    end);
exception when lock_not_available then
  return false;  -- somebody rewrites the table: its size cannot be asked
end
$$;

comment on function bunkd.is_indexed(regclass, text, text[]) is
  'Whether rows with these status words are found without reading a large table: by an index on the column, by a partial index for nothing but the words or some more, or because the table is below 1 MB. In doubt, no.';

create or replace function bunkd.make_slots(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into bunkd.slot (schedule, n)
  select p_schedule.name, g from generate_series(1, p_schedule.max_in_flight) as g
   where (select count(*) from bunkd.slot s where s.schedule = p_schedule.name) < p_schedule.max_in_flight
  on conflict do nothing;
end
$$;

comment on function bunkd.make_slots(bunkd.schedule) is
  'Makes the missing slots of a schedule: after an upgrade, a higher max_in_flight, or a crash, which empties the unlogged table.';

create or replace function bunkd.observe(
  p_schedule text,
  out n integer,
  out call bigint,
  out request bigint,
  out taken timestamptz,
  out detached boolean,
  out unsent boolean,
  out picked boolean,
  out ended boolean
) returns setof record
language plpgsql stable  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
begin
  -- One statement, one snapshot. pg_net deletes a row when it takes it up and commits when its batch is over: until
  -- then xmax tells. A queue with another oid is another pg_net, created anew: its ids are not ours.
  -- A detached slot of the future is of a clock that was ahead.
  return query
  select s.n, s.call, s.request, s.taken, s.detached,
         coalesce(q.xmax = '0'::xid, false) and not s.detached,
         coalesce(q.xmax <> '0'::xid, false) and not s.detached,
         case when s.detached then s.expires < clock_timestamp() or s.taken > clock_timestamp() else q.id is null end
    from bunkd.slot s
    left join net.http_request_queue q on q.id = s.request and s.net_queue = 'net.http_request_queue'::regclass
   where s.schedule = p_schedule and s.request is not null;
end
$$;

comment on function bunkd.observe(text) is
  'The taken slots of a schedule and where their requests are: unsent, picked up by pg_net, ended, or detached from a function that goes on working.';

create or replace function bunkd.old_jobs(p_schedule text, out job_id bigint, out job_name text, out role text) returns setof record
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select j.jobid, coalesce(j.jobname, 'job ' || j.jobid), j.username
    from cron.job j join bunkd.schedule s on s.name = p_schedule
   where j.active and j.database = current_database()
     and -- over a job j and a schedule s: whether an older recipe left this job to call the same function. Its own names count
-- for the schedule that it was for; a url ends where no longer one goes on.
coalesce(
  not starts_with(coalesce(j.jobname::text, ''), 'bunkd:')
  and (s.name = 'process-analysis-jobs'
         and (j.command ~* '\mtrigger_job_processing\M'
              or j.jobname = 'process-analysis-jobs' and j.command ~* '\mnet"?\."?http_\w+')
       or s.url <> '' and j.command ~* '\mnet"?\."?http_\w+'
         and j.command ~ (regexp_replace(s.url, '([^A-Za-z0-9])', '\\\1', 'g') || '([^A-Za-z0-9._/-]|$)')), false)
   order by j.jobid
$$;

comment on function bunkd.old_jobs(text) is
  'The active cron jobs that an older recipe left to call the same function as this schedule: those that this role can see, which is its own unless it bypasses row security.';

create or replace function bunkd.outcome(
  p_request bigint,
  p_taken timestamptz,
  out outcome text,
  out status_code integer,
  out job_id text,
  out detail text,
  out retry_at timestamptz
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_timed_out boolean;
  v_error text;
  v_content text;
  v_retry_after text;
  v_answer jsonb;
begin
  -- By created, because pg_net has no index on id; its batch may have begun just before we took the slot.
  select r.status_code, r.timed_out, left(r.error_msg, 200), h.value into status_code, v_timed_out, v_error, v_retry_after
    from net._http_response r
    left join lateral (select e.value from jsonb_each_text(r.headers) as e where lower(e.key) = 'retry-after') as h on true
   where r.created >= p_taken - interval '2 s' and r.id = p_request;
  if not found then
    outcome := 'lost';
    detail := 'pg_net kept no response';
    return;
  end if;
  begin
    select left(r.content, 65536) into v_content from net._http_response r
     where r.created >= p_taken - interval '2 s' and r.id = p_request;
    -- pg_net keeps bytes as they came; what is no text here would break every reader of the ledger, and its dump.
    v_content := convert_from(convert_to(v_content, getdatabaseencoding()), getdatabaseencoding());
  exception when others then
    v_content := null;
    detail := 'the answer is no text';
  end;
  begin
    v_answer := v_content::jsonb;
    if jsonb_typeof(v_answer) = 'object' then
      job_id := left(v_answer ->> 'job_id', 100);
      detail := left(coalesce(v_answer ->> 'error', v_answer ->> 'message'), 200);
    end if;
  exception when others then  -- no JSON is an answer all the same
    v_answer := null;
    detail := left(v_content, 200);
  end;
  if v_timed_out or v_error like 'Timeout%' then  -- timed_out is null before pg_net 0.19.6
    outcome := 'timeout';
    detail := v_error;
  elsif status_code is null then
    outcome := 'network_error';
    detail := v_error;
  elsif status_code in (401, 403) then
    outcome := 'rejected';
  elsif status_code between 200 and 299 then
    outcome := case when job_id is null and detail = 'No jobs available' then 'empty' else 'ok' end;
  elsif v_answer -> 'success' = 'false' and job_id is not null then
    outcome := 'job_failed';  -- run_job answers 500 for a job that it finished as failed: the endpoint is well
  else
    outcome := 'http_error';
  end if;
  begin
    if v_retry_after ~ '^\d{1,9}$' then
      retry_at := clock_timestamp() + least(make_interval(secs => v_retry_after::integer), interval '1 hour');
    elsif v_retry_after like '% GMT' then
      retry_at := least(v_retry_after::timestamptz, clock_timestamp() + interval '1 hour');
    end if;
  exception when others then
    retry_at := null;  -- no date after all
  end;
end
$$;

comment on function bunkd.outcome(bigint, timestamptz) is
  'How a call ended, by pg_net''s response to its request: ok, empty, job_failed, http_error, rejected (401, 403), timeout, network_error, or lost where there is no response.';

create or replace function bunkd.provision(p_settings jsonb) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name constant text := p_settings ->> 'schedule';
  v_system constant bigint := (select system_identifier from pg_control_system());
  v_reader constant text := p_settings ->> 'reader_role';
  v_set jsonb := coalesce(p_settings -> 'set', '{}');
  v_old bunkd.schedule;
  v_copy boolean;
  v_mode text;
  v_reason text;
  v_each text;
begin
  if v_reader is not null then
    if not exists (select from pg_roles r where r.rolname = v_reader) then
      raise exception 'BUNKD_READER_ROLE names role %, which does not exist', v_reader
        using errcode = 'invalid_parameter_value', hint = format('Create it first: create role %I;', v_reader);
    end if;
    insert into bunkd.access (kind, role) values ('reader', v_reader)
    on conflict (kind) do update set role = excluded.role;
  end if;

  insert into bunkd.schedule (name) values (v_name) on conflict do nothing;
  select * into strict v_old from bunkd.schedule where name = v_name for update;
  v_copy := v_old.system_identifier <> v_system;
  if v_copy and not (v_set ? 'url' and (p_settings -> 'credential_given')::boolean) then
    return bunkd.report(v_name);
  elsif v_copy then
    -- This run names its own url and credential: nothing of the original's may linger.
    v_old.deployed := '{}';
    update bunkd.credential set deployed_digest = null where schedule = v_name;
  end if;

  -- Sticky: only what this deploy sets and the last one did not.
  v_mode := coalesce(p_settings ->> 'mode', v_old.deployed ->> 'mode', 'auto');
  v_set := (select coalesce(jsonb_object_agg(n.key, n.value), '{}') from jsonb_each(v_set) as n
             where v_old.deployed -> n.key is distinct from n.value);
  perform bunkd.apply(v_name, v_set);
  update bunkd.schedule s
     set system_identifier = coalesce(case when not v_copy then s.system_identifier end, v_system),
         deployed = v_old.deployed || v_set || jsonb_build_object('mode', v_mode)
   where s.name = v_name;

  v_reason := case when v_mode = 'external' then 'BUNKD_MODE is external' else bunkd.enable_extensions() end;
  if v_reason is not null and v_mode = 'native' then
    raise exception 'BUNKD_MODE is native, but this database cannot make the calls itself: %', v_reason
      using errcode = 'object_not_in_prerequisite_state', hint = 'See: bunkd-db check';
  end if;
  perform bunkd.hold_tick(s.name, true) from bunkd.schedule s;
  for v_each in select s.name from bunkd.schedule s order by s.name loop
    update bunkd.schedule s
       set mode = case when v_reason is null then 'native' else 'external' end, mode_reason = v_reason,
           system_identifier = coalesce(s.system_identifier, v_system)
     where s.name = v_each;
    if v_reason is null then
      perform bunkd.register(v_each);
    else
      perform bunkd.unregister(v_each);
    end if;
  end loop;
  return bunkd.report(v_name) || jsonb_build_object('was_native', v_old.mode is not distinct from 'native');
end
$$;

comment on function bunkd.provision(jsonb) is
  'The last step of an upgrade, safe to repeat: applies what this deploy sets anew, enables the extensions where they can be, registers every schedule or records why the calls must come from outside. Returns bunkd.report.';

create or replace function bunkd.prune(p_schedule text) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_calls integer;
  v_runs integer := 0;
  v_low bigint;
  v_high bigint;
  v_any boolean;
  v_old constant timestamptz := clock_timestamp() - interval '1 day';
  v_ancient constant timestamptz := clock_timestamp() - interval '7 days';  -- an index serves no volatile condition
begin
  delete from bunkd.call c
   where c.id = any (array(select o.id from bunkd.call o
                            where o.sent < v_ancient and o.settled is not null
                            order by o.sent limit 500));
  get diagnostics v_calls = row_count;
  delete from bunkd.rescued_job r where r.schedule = p_schedule and r.last < v_ancient;

  if not exists (select from pg_namespace n where n.nspname = 'cron' and has_schema_privilege(n.oid, 'usage'))
     or to_regclass('cron.job_run_details') is null
     or not (has_table_privilege('cron.job_run_details', 'select') and has_table_privilege('cron.job_run_details', 'delete')) then
    return v_calls;
  end if;
  begin
    -- cron.job_run_details has no index but runid and may hold millions of other jobs' rows: walk it in windows.
    select coalesce(max(t.pruned_to), 0) into v_low from bunkd.last_tick t where t.schedule = p_schedule;
    select d.start_time < v_old into v_any from cron.job_run_details d where d.runid > v_low order by d.runid limit 1;
    if v_any is not false then
      -- a run that never connected has no times: a window of nothing else is passed over
      select coalesce(max(w.runid) filter (where w.start_time < v_old),
                      case when count(w.start_time) = 0 and count(*) = 1000 then max(w.runid) end) into v_high
        from (select d.runid, d.start_time from cron.job_run_details d where d.runid > v_low order by d.runid limit 1000) as w;
    end if;
    if v_high is not null then
      delete from cron.job_run_details d
       where d.runid > v_low and d.runid <= v_high
         and d.command = format('select bunkd.tick(%L)', p_schedule) and d.username = current_user and d.database = current_database();
      get diagnostics v_runs = row_count;
      insert into bunkd.last_tick as t (schedule, pruned_to) values (p_schedule, v_high)
      on conflict (schedule) do update set pruned_to = excluded.pruned_to;
    end if;
  exception when others then  -- housekeeping never keeps a tick from its work
    v_runs := 0;
    raise log 'bunkd: cron.job_run_details was not pruned: %', sqlerrm;
  end;
  return v_calls + v_runs;
end
$$;

comment on function bunkd.prune(text) is
  'Removes a bounded number of ledger rows older than 7 days and of our own rows in cron.job_run_details older than one day. Returns how many.';

create or replace function bunkd.queue_counts(
  p_schedule text,
  out waiting bigint,
  out active bigint,
  out never_claimable bigint,
  out oldest_wait interval,
  out problem text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
  v_shape record;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  v_shape := bunkd.queue_shape(v_schedule);
  problem := v_shape.problem;
  if problem is not null then
    return;
  end if;
  execute format(
    'select (select count(*) from (select from %1$s where %2$s limit 10000) as w),
            (select count(*) from (select from %1$s where %3$s limit 10000) as a),
            (select count(*) from (select from %1$s where (%4$s) and not coalesce((%2$s), false) limit 10000) as n)',
    v_shape.queue, v_shape.claimable, v_shape.active, v_shape.waiting)
    into waiting, active, never_claimable;
  if v_shape.created_column is not null and waiting > 0 then
    execute format('select clock_timestamp() - min(o.at) from (select %1$I as at from %2$s where %3$s limit 10000) as o',
                   v_shape.created_column, v_shape.queue, v_shape.claimable)
      into oldest_wait;
  end if;
exception
  when lock_not_available then
    problem := format('%s is locked', v_shape.queue);
  when others then
    problem := format('%s cannot be read: %s', v_shape.queue, sqlerrm);
end
$$;

comment on function bunkd.queue_counts(text) is
  'A queue by state, for bunkd.status; counts stop at 10,000. SECURITY DEFINER, because a view''s functions run as its reader, who need not be able to read the queue.';

create or replace function bunkd.queue_shape(
  p_schedule bunkd.schedule,
  out queue regclass,
  out status_type regtype,
  out waiting text,
  out claimable text,
  out claims text,
  out active text,
  out started_column text,
  out created_column text,
  out problem text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_class pg_class;
  v_column regtype;
  v_status text := quote_ident(p_schedule.status_column);
begin
  begin
    queue := to_regclass(p_schedule.queue_table);
  exception when insufficient_privilege then
    problem := format('role %I has no USAGE on the schema of %s', current_user, p_schedule.queue_table);
    return;
  end;
  if queue is null then
    problem := format('the queue table %s does not exist', p_schedule.queue_table);
    return;
  end if;
  select * into v_class from pg_class where oid = queue;
  if v_class.relkind not in ('r', 'p', 'v', 'm', 'f') then
    problem := format('%s is not a table', p_schedule.queue_table);
  elsif not has_table_privilege(queue, 'select') then
    problem := format('role %I may not read %s', current_user, p_schedule.queue_table);
  elsif row_security_active(queue) then
    problem := format('row level security of %s hides rows from role %I', p_schedule.queue_table, current_user);
  end if;

  select a.atttypid, -- over a column a: its type, or what its domain is of
(with recursive up (oid) as (
   select a.atttypid
   union all
   select t.typbasetype from up join pg_type t on t.oid = up.oid where t.typtype = 'd'
 )
 select t.oid from up join pg_type t on t.oid = up.oid where t.typtype <> 'd')
    into v_column, status_type from pg_attribute a
   where a.attrelid = queue and a.attname = p_schedule.status_column and not a.attisdropped;
  if status_type is null then
    problem := coalesce(problem, format('%s has no column %I', p_schedule.queue_table, p_schedule.status_column));
  end if;
  if problem is not null then
    return;
  end if;

  if v_column <> status_type then
    v_status := format('%s::%s', v_status, status_type);  -- a domain over an enum has no operators of its own
  end if;
  waiting := bunkd.status_condition(v_status, status_type, p_schedule.status_waiting);
  active := bunkd.status_condition(v_status, status_type, p_schedule.status_active);
  if waiting is null then
    problem := format('none of the waiting words (%s) is a value of %s', array_to_string(p_schedule.status_waiting, ', '), status_type);
    return;
  end if;

  -- A row that was claimed three times waits for ever and is not work.
  select -- over a table q: the expression for how often a row was claimed, where the table is of Bunkd's second generation. That
-- one never claims a row a fourth time; what another table calls attempts has another meaning.
(select 'coalesce(' || quote_ident(a.attname) || ', 0)' from pg_attribute a
  where a.attrelid = q.oid and a.attname = 'attempts' and not a.attisdropped
    and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
    and (select count(*) from pg_attribute o
          where o.attrelid = q.oid and o.attname in ('claim_id', 'claimed_at') and not o.attisdropped) = 2) into claims from pg_class q where q.oid = queue;
  claimable := waiting || coalesce(' and (' || p_schedule.queue_where || ')', ' and ' || claims || ' < 3', '');

  select a.attname into started_column from pg_attribute a
   where a.attrelid = queue and a.attname in ('started_at', 'claimed_at') and not a.attisdropped
     and a.atttypid = 'timestamptz'::regtype  -- without a zone, its age would depend on who asks
   order by a.attname desc limit 1;
  active := coalesce(active, 'false');
  select a.attname into created_column from pg_attribute a
   where a.attrelid = queue and a.attname = 'created_at' and not a.attisdropped
     and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype);
end
$$;

comment on function bunkd.queue_shape(bunkd.schedule) is
  'How to read a schedule''s queue: the table and the SQL conditions for waiting, claimable and active rows, found from the table as it is now; or the problem that stands in the way. Both generations of Bunkd need no setting.';

create or replace function bunkd.read_credential(p_schedule text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_value text;
begin
  if (select c.store = 'vault' from bunkd.credential c where c.schedule = p_schedule) then
    select s.decrypted_secret into v_value from vault.decrypted_secrets s where s.name = 'bunkd:' || p_schedule;
  else
    select s.value into v_value from bunkd.secret s where s.schedule = p_schedule;
  end if;
  if coalesce(v_value, '') = '' then
    raise exception 'bunkd: schedule % has no credential that can be read', p_schedule
      using errcode = 'object_not_in_prerequisite_state', hint = 'Set it with: bunkd-db credential set';
  end if;
  return v_value;
end
$$;

comment on function bunkd.read_credential(text) is
  'The credential of a schedule, for the moment of sending. Raises where there is none or Vault cannot decrypt it: a call without it is never sent.';

create or replace function bunkd.register(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_job constant text := 'bunkd:' || p_schedule;
  v_command constant text := format('select bunkd.tick(%L)', p_schedule);
  v_cron text;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule for update;
  if v_schedule.mode is distinct from 'native' or v_schedule.url is null
     or not bunkd.has_credential(p_schedule) or bunkd.fence(v_schedule) is not null then
    return;
  end if;
  -- cron.schedule replaces by (name, role): another role's job of this name would tick beside ours.
  if exists (select from cron.job j where j.jobname = v_job and j.username <> current_user and j.active) then
    return;
  end if;
  v_cron := bunkd.cron_schedule(v_schedule.every, true);
  if not exists (select from cron.job j where j.jobname = v_job and j.username = current_user
                    and j.schedule = v_cron and j.command = v_command and j.database = current_database()) then
    begin
      perform cron.schedule(v_job, v_cron, v_command);
    exception when invalid_parameter_value then  -- pg_cron before 1.5 knows no seconds
      v_cron := bunkd.cron_schedule(v_schedule.every, false);
      perform cron.schedule(v_job, v_cron, v_command);
    end;
  end if;
  update bunkd.schedule set cron_schedule = v_cron
   where name = p_schedule and cron_schedule is distinct from v_cron;
  perform bunkd.retire(p_schedule);
  perform bunkd.make_slots(v_schedule);
  -- last: it locks the application's table until the commit
  insert into bunkd.last_tick as t (schedule, problem) values (p_schedule, bunkd.attach(v_schedule, bunkd.queue_shape(v_schedule)))
  on conflict (schedule) do update set problem = excluded.problem;
end
$$;

comment on function bunkd.register(text) is
  'Registers a schedule''s cron job, or alters it where it differs, once url and credential are there; attaches the wake, and retires the old recipe''s. A job that somebody switched off stays off.';

create or replace function bunkd.report(p_schedule text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_report jsonb;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  v_report := jsonb_build_object(
    'schedule', p_schedule,
    'mode', v_schedule.mode,
    'reason', v_schedule.mode_reason,
    'every', v_schedule.every,
    'cron_schedule', v_schedule.cron_schedule,
    'url', v_schedule.url,
    'fenced', v_schedule.system_identifier is not null and bunkd.fence(v_schedule) is not null,
    'paused', v_schedule.paused,
    'credential', bunkd.has_credential(p_schedule),
    'credential_store', (select c.store from bunkd.credential c where c.schedule = p_schedule),
    'queue', v_schedule.queue_table,
    'wake_problem', (select t.problem from bunkd.last_tick t where t.schedule = p_schedule),
    'queue_problem', (bunkd.queue_shape(v_schedule)).problem,
    'extensions', (select jsonb_object_agg(e.extname, e.extversion) from pg_extension e where e.extname in ('pg_cron', 'pg_net')),
    'retired', (select jsonb_agg(coalesce(r.job_name, 'job ' || r.job_id) order by r.job_id) from bunkd.retired_job r
                 where r.schedule = p_schedule and r.retired >= transaction_timestamp()));
  -- A copy can say native and have no pg_cron.
  if v_schedule.mode = 'native' and v_report -> 'extensions' ? 'pg_cron' then
    v_report := v_report || jsonb_build_object(
      'job', (select jsonb_build_object('id', j.jobid, 'name', j.jobname, 'active', j.active) from cron.job j
               where j.jobname = 'bunkd:' || p_schedule and j.username = current_user),
      'job_of', (select min(j.username) from cron.job j
                  where j.jobname = 'bunkd:' || p_schedule and j.username <> current_user and j.active),
      'jobs_hidden', row_security_active('cron.job'),
      'old_jobs', (select jsonb_agg(to_jsonb(o)) from bunkd.old_jobs(p_schedule) as o));
  end if;
  return v_report;
end
$$;

comment on function bunkd.report(text) is 'What is true of a schedule now, for the last lines of an upgrade.';

create or replace function bunkd.request_headers(p_schedule bunkd.schedule) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_value constant text := bunkd.read_credential(p_schedule.name);
  v_header constant text := coalesce(
    p_schedule.credential_header, case when v_value ~ '^sb_(secret|publishable)_' then 'apikey' else 'Authorization' end);
begin
  return p_schedule.headers
    || jsonb_build_object(
      'Content-Type', 'application/json',  -- pg_net sends nothing else, and wants it spelled so
      v_header, case when lower(v_header) = 'authorization' then 'Bearer ' else '' end || v_value);
end
$$;

comment on function bunkd.request_headers(bunkd.schedule) is
  'The headers of a call, the credential among them: Authorization: Bearer for a JWT or token, apikey for an sb_ key, or the header that the schedule names.';

create or replace function bunkd.rescue(p_schedule bunkd.schedule, p_shape record) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_any boolean;
  v_key name;
  v_key_type text;
  v_word text;
  v_error name;
  v_forget boolean;
  v_stuck record;
  v_times integer;
  v_give_up boolean;
  v_note text;
begin
  if p_schedule.rescue_after = '0' then
    return null;
  end if;
  if p_shape.problem is not null or (select c.relkind not in ('r', 'p') from pg_class c where c.oid = p_shape.queue) then
    return null;
  elsif p_shape.started_column is null then
    return (select format('no rescue: %s of %s has no time zone', string_agg(quote_ident(a.attname), ', '), p_shape.queue)
              from pg_attribute a where a.attrelid = p_shape.queue and a.attname in ('started_at', 'claimed_at') and not a.attisdropped
               and a.atttypid = 'timestamp'::regtype
            having count(*) > 0);
  elsif not bunkd.is_indexed(p_shape.queue, p_schedule.status_column, p_schedule.status_active) then
    -- The search reads the whole table: only once every rescue_after, and whenever calls were lost.
    if exists (select from bunkd.last_tick t where t.schedule = p_schedule.name and t.rescued between clock_timestamp() - p_schedule.rescue_after and clock_timestamp())
       and not exists (select from bunkd.call c where c.schedule = p_schedule.name and c.outcome = 'lost'
                          and c.settled > (select t.rescued from bunkd.last_tick t where t.schedule = p_schedule.name)) then
      return null;
    end if;
    insert into bunkd.last_tick as t (schedule, rescued) values (p_schedule.name, clock_timestamp())
    on conflict (schedule) do update set rescued = excluded.rescued;
  end if;
  execute format('select exists (select from %s where %s and %I < clock_timestamp() - $1)', p_shape.queue, p_shape.active, p_shape.started_column)
    into v_any using p_schedule.rescue_after;
  if not v_any then
    return null;
  end if;
  select a.attname, format_type(a.atttypid, a.atttypmod) into v_key, v_key_type
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
   where i.indrelid = p_shape.queue and i.indisprimary and i.indnatts = 1;
  if v_key is null then
    return format('no rescue: %s has no primary key of one column', p_shape.queue);
  end if;
  select max(a.attname) filter (where a.attname in ('error_message', 'last_error_message')),
         bool_or(a.attname = p_shape.started_column and not a.attnotnull)
    into v_error, v_forget
    from pg_attribute a where a.attrelid = p_shape.queue and a.attnum > 0 and not a.attisdropped;

  -- What we put back must not count as a job that ended and hand a slot of another call over, of whichever schedule.
  perform set_config(bunkd.wake_setting(s.name), pg_current_xact_id()::text || ' no more', true) from bunkd.schedule s;
  for v_stuck in
    execute format('select %1$I::text as key, %2$s as claims from %3$s where %4$s and %5$I < clock_timestamp() - $1 limit 100 for update skip locked',
      v_key, coalesce(p_shape.claims, '0'), p_shape.queue, p_shape.active, p_shape.started_column)
      using p_schedule.rescue_after
  loop
    begin
      insert into bunkd.rescued_job as r (schedule, job_id) values (p_schedule.name, v_stuck.key)
      on conflict (schedule, job_id) do update set times = r.times + 1, last = clock_timestamp()
      returning r.times into v_times;
      v_give_up := greatest(v_stuck.claims, v_times - 1) >= 3;
      v_word := bunkd.first_word(p_shape.status_type, case when v_give_up then p_schedule.status_failed else p_schedule.status_waiting end);
      if v_word is null then
        raise exception 'none of the words (%) is a value of %', array_to_string(p_schedule.status_failed, ', '), p_shape.status_type;
      end if;
      execute format('update %s set %I = %L%s%s where %I = $1::%s', p_shape.queue, p_schedule.status_column,
          v_word,
          case when v_give_up and v_error is not null then format(', %I = $2', v_error) else '' end,
          case when v_forget and not v_give_up then format(', %I = null', p_shape.started_column) else '' end,
          v_key, v_key_type)
        using v_stuck.key, format('given up by bunkd-db: active for more than %s, for the last of %s times', p_schedule.rescue_after,
                                  greatest(v_stuck.claims, v_times));
    exception when others then  -- a trigger of the application may refuse this job; the others have their turn
      v_note := format('no rescue of job %s: %s', v_stuck.key, sqlerrm);
    end;
  end loop;
  return v_note;
exception when others then  -- no right to write, a lock: the tick goes on
  return format('no rescue: %s', sqlerrm);
end
$$;

comment on function bunkd.rescue(bunkd.schedule, record) is
  'Puts jobs that were active for longer than rescue_after back to waiting, three times at most, then to failed with a message; counted in bunkd.rescued_job, and by Bunkd''s own count of its claims. Only rows that are still active under their row lock. Returns why it could not, or null.';

create or replace function bunkd.retire(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job record;
begin
  if not has_function_privilege('cron.alter_job(bigint, text, text, text, text, boolean)', 'execute') then
    return;
  end if;
  for v_job in select o.* from bunkd.old_jobs(p_schedule) as o where o.role = current_user
  loop
    perform cron.alter_job(job_id := v_job.job_id, active := false);
    insert into bunkd.retired_job (job_id, job_name, schedule) select j.jobid, j.jobname, p_schedule from cron.job j where j.jobid = v_job.job_id
    on conflict (job_id) do update set retired = excluded.retired;
  end loop;
end
$$;

comment on function bunkd.retire(text) is
  'Deactivates the cron jobs that an older recipe left to call the same function, and remembers them: a downgrade activates them again.';

create or replace function bunkd.send(p_schedule bunkd.schedule, p_reason text, p_calls integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_headers constant jsonb := bunkd.request_headers(p_schedule);
  v_slot integer;
  v_call bigint;
  v_request bigint;
  v_sent integer := 0;
begin
  for v_slot in
    select s.n from bunkd.slot s
     where s.schedule = p_schedule.name and s.request is null and s.n <= p_schedule.max_in_flight
     order by s.n limit p_calls for update skip locked
  loop
    v_call := nextval('bunkd.call_id_seq');
    v_request := net.http_post(
      url := p_schedule.url,
      body := p_schedule.body,
      headers := v_headers || jsonb_build_object('X-Bunkd-Call', v_call::text, 'X-Bunkd-Reason', p_reason),
      timeout_milliseconds := p_schedule.timeout_ms);
    insert into bunkd.call (id, schedule, reason, request) values (v_call, p_schedule.name, p_reason, v_request);
    update bunkd.slot
       set call = v_call, request = v_request, net_queue = 'net.http_request_queue'::regclass, taken = clock_timestamp()
     where schedule = p_schedule.name and n = v_slot;
    v_sent := v_sent + 1;
  end loop;
  return v_sent;
end
$$;

comment on function bunkd.send(bunkd.schedule, text, integer) is
  'Takes up to p_calls free slots and sends one call for each. Returns how many: another session may have been quicker.';

create or replace function bunkd.settle(p_schedule bunkd.schedule) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_ended record;
  v_outcome text;
  v_ours boolean;
  v_settled integer := 0;
begin
  for v_ended in select o.* from bunkd.observe(p_schedule.name) as o where o.ended loop
    -- Somebody else may have settled and retaken the slot meanwhile: look again under the row lock.
    select s.net_queue = 'net.http_request_queue'::regclass into v_ours from bunkd.slot s
      where s.schedule = p_schedule.name and s.n = v_ended.n and s.request = v_ended.request and s.detached = v_ended.detached
      for update skip locked;
    continue when not found;
    if not v_ended.detached then
      v_outcome := bunkd.settle_call(v_ended.call, case when v_ours then v_ended.request end, v_ended.taken);
      v_settled := v_settled + 1;
      if v_outcome = 'timeout' and p_schedule.on_timeout = 'detach' then
        update bunkd.slot
           set detached = true, expires = taken + coalesce(nullif(p_schedule.rescue_after, '0'), interval '10 minutes')
         where schedule = p_schedule.name and n = v_ended.n;
        continue;
      end if;
    end if;
    perform bunkd.free_slot(p_schedule.name, v_ended.n);
  end loop;
  return v_settled;
end
$$;

comment on function bunkd.settle(bunkd.schedule) is
  'Records how calls ended and frees their slots; under detach a timed out call keeps its slot until its job ends or rescue_after. Returns how many calls.';

create or replace function bunkd.settle_call(p_call bigint, p_request bigint, p_sent timestamptz) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_answer record;
begin
  v_answer := bunkd.outcome(p_request, p_sent);
  update bunkd.call c
     set settled = clock_timestamp(), outcome = v_answer.outcome, status_code = v_answer.status_code,
         job_id = v_answer.job_id, detail = v_answer.detail, retry_at = v_answer.retry_at
   where c.id = p_call and c.settled is null;
  return v_answer.outcome;
end
$$;

comment on function bunkd.settle_call(bigint, bigint, timestamptz) is
  'Writes into the ledger how a call ended, by pg_net''s response to its request; lost where there is none. Returns the outcome.';

create or replace function bunkd.settle_released(p_schedule text) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_call record;
  v_settled integer := 0;
begin
  for v_call in
    select c.id, case when c.sent >= e.born then c.request end as request, c.sent
      from bunkd.call c
      cross join (select min(s.born) as born from bunkd.slot s where s.schedule = p_schedule) as e
     where c.schedule = p_schedule and c.settled is null
       and not exists (select from bunkd.slot s where s.schedule = p_schedule and s.call = c.id)
       and (c.sent < e.born or not exists (select from net.http_request_queue q where q.id = c.request))
     order by c.id limit 200 for update of c skip locked
  loop
    perform bunkd.settle_call(v_call.id, v_call.request, v_call.sent);
    v_settled := v_settled + 1;
  end loop;
  return v_settled;
end
$$;

comment on function bunkd.settle_released(text) is
  'Records how calls ended that hold no slot any more: those whose slot went to the next job when theirs was done, and those of before a crash, which empties slots and pg_net''s queue together. Returns how many.';

create or replace function bunkd.status_condition(p_expression text, p_type regtype, p_words text[]) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- An enum takes only its own labels, and a cast of the column would keep an index from serving it.
  return (select format('%s in (%s)', p_expression, string_agg(format('%L', w.word) || v.as_type, ', ' order by w.position))
    from unnest(p_words) with ordinality as w (word, position)
    cross join lateral (
      select case when t.typtype = 'e' then format('::%s', p_type) else '' end as as_type,
             t.typtype <> 'e' or exists (select from pg_enum e where e.enumtypid = t.oid and e.enumlabel = w.word) as fits
        from pg_type t where t.oid = p_type) as v
   where v.fits
  having count(*) > 0);
end
$$;

comment on function bunkd.status_condition(text, regtype, text[]) is
  'The SQL condition "this status is one of these words", in the status column''s own type; null where an enum knows none of them.';

create or replace function bunkd.store_credential() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_old bunkd.credential;
  v_name constant text := 'bunkd:' || new.schedule;
  v_vault uuid;
  v_salt bytea;
  v_store text := 'table';
begin
  -- No message here may carry new.value: messages are logged.
  if new.value is null or new.value = '' then
    raise exception 'the credential is empty' using errcode = 'invalid_parameter_value';
  elsif new.value !~ '^[!-~]+$' or length(new.value) > 8192 then
    raise exception 'the credential has a space, a line break or another character that no HTTP header can carry, or is too long'
      using errcode = 'invalid_parameter_value';
  end if;
  select * into v_schedule from bunkd.schedule where name = new.schedule for update;
  if not found then
    raise exception 'there is no schedule %', new.schedule using errcode = 'invalid_parameter_value';
  elsif v_schedule.mode = 'external' then
    raise exception 'this database cannot make the calls itself (%), so it keeps no credential', v_schedule.mode_reason
      using errcode = 'object_not_in_prerequisite_state',
            hint = 'Give the credential to the external scheduler instead.';
  end if;

  select * into v_old from bunkd.credential where schedule = new.schedule;
  if new.origin = 'deploy' and v_old.deployed_digest = sha256(v_old.salt || convert_to(new.value, 'UTF8'))
     and bunkd.has_credential(new.schedule) then
    return null;  -- the last deploy set the same: what was rotated since stays
  end if;

  v_salt := coalesce(v_old.salt, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
  begin
    if bunkd.has_vault() then
      select id into v_vault from vault.secrets where name = v_name;
      if found then
        perform vault.update_secret(v_vault, new.value);
      else
        perform vault.create_secret(new.value, v_name, 'What bunkd-db sends with every call');
      end if;
      v_store := 'vault';
    end if;
  exception when others then  -- a Vault that is broken must not break a deploy; check says where the credential is
    raise log 'bunkd: Vault refused the credential (SQLSTATE %), it is kept in bunkd.secret', sqlstate;
  end;
  if v_store = 'vault' then
    delete from bunkd.secret where schedule = new.schedule;
  else
    insert into bunkd.secret (schedule, value) values (new.schedule, new.value)
    on conflict (schedule) do update set value = excluded.value;
  end if;
  insert into bunkd.credential as c (schedule, kind, store, salt, deployed_digest, set_at)
  values (
    new.schedule, bunkd.credential_kind(new.value), v_store, v_salt,
    case when new.origin = 'deploy' then sha256(v_salt || convert_to(new.value, 'UTF8')) else v_old.deployed_digest end,
    clock_timestamp()
  )
  on conflict (schedule) do update
    set kind = excluded.kind, store = excluded.store, set_at = excluded.set_at,
        deployed_digest = excluded.deployed_digest;
  update bunkd.schedule set endpoint_since = clock_timestamp() where name = new.schedule;
  perform bunkd.hold_tick(new.schedule, true);
  perform bunkd.register(new.schedule);
  return null;
end
$$;

comment on function bunkd.store_credential() is
  'Trigger of bunkd.credential_inbox: puts the credential into Vault where there is one, else into bunkd.secret, and registers the schedule. A deploy that brings what the last deploy brought changes nothing.';

create or replace function bunkd.tick(p_schedule text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planning the small look-ups anew would cost more than they do
as $$
declare
  v_schedule bunkd.schedule;
  v_pruned integer;
  v_done record;
  v_shape record;
  v_notes text[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'bunkd: a tick needs READ COMMITTED, this transaction is %', current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  select * into v_schedule from bunkd.schedule where name = p_schedule;
  if not found then
    raise exception 'bunkd: there is no schedule %', p_schedule using errcode = 'invalid_parameter_value';
  end if;
  if not bunkd.hold_tick(p_schedule, false) then
    return 'another tick is at work';
  end if;

  v_pruned := bunkd.prune(p_schedule);
  if bunkd.fence(v_schedule) is null and v_schedule.mode = 'native' then
    if v_schedule.url is null or not bunkd.has_credential(p_schedule) then
      -- Raising shows in cron.job_run_details, but takes the pruning back: so now and then prune instead.
      if v_pruned > 0 then
        return format('%s old rows pruned; the url or the credential is missing', v_pruned);
      end if;
      raise exception 'bunkd: schedule % has no %', p_schedule, case when v_schedule.url is null then 'url' else 'credential' end
        using errcode = 'object_not_in_prerequisite_state',
              hint = case when v_schedule.url is null then 'Set SUPABASE_URL or BUNKD_CALL_URL and run: bunkd-db upgrade'
                          else 'Set it with: bunkd-db credential set' end;
    end if;
    perform bunkd.make_slots(v_schedule);
    v_shape := bunkd.queue_shape(v_schedule);
    v_notes := array[bunkd.attach(v_schedule, v_shape), bunkd.rescue(v_schedule, v_shape)];
  end if;
  delete from bunkd.wake where schedule = p_schedule;  -- what a failed wake has left
  v_done := bunkd.dispatch(p_schedule, 'tick');

  v_notes := v_notes || v_done.problem;
  insert into bunkd.last_tick as t (schedule, at, problem, back_off)
  values (p_schedule, clock_timestamp(), nullif(array_to_string(v_notes, '; '), ''), v_done.back_off)
  on conflict (schedule) do update set at = excluded.at, problem = excluded.problem, back_off = excluded.back_off;
  return concat_ws('; ', format('%s sent, %s settled', v_done.sent, v_done.settled), v_done.problem, v_done.back_off);
end
$$;

comment on function bunkd.tick(text) is
  'One firing of the cron job: prune, attach, rescue, settle, dispatch. Returns what it did in words. What keeps it from looking at the queue is recorded in bunkd.last_tick; a missing url or credential raises, so that cron.job_run_details shows a failure.';

create or replace function bunkd.unregister(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from pg_namespace n where n.nspname = 'cron' and has_schema_privilege(n.oid, 'usage'))
     and exists (select from pg_extension e where e.extname = 'pg_cron') then
    perform cron.unschedule(j.jobid) from cron.job j
      where j.jobname = 'bunkd:' || p_schedule and j.username = current_user;
  end if;
  insert into bunkd.last_tick as t (schedule, problem) values (p_schedule, bunkd.detach(p_schedule))
  on conflict (schedule) do update set problem = excluded.problem;
  update bunkd.schedule set cron_schedule = null where name = p_schedule and cron_schedule is not null;
end
$$;

comment on function bunkd.unregister(text) is 'Removes a schedule''s cron job, and nobody else''s, and takes its wake off the queue.';

create or replace function bunkd.wake_setting(p_schedule text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  return 'bunkd.wake_' || left(md5(p_schedule), 8);
end
$$;

comment on function bunkd.wake_setting(text) is
  'The transaction-local setting in which a schedule''s wake remembers the transaction that it is armed in. A writer who forges it only puts off its own wake.';

create or replace view bunkd.credential_inbox as
  select null::text as schedule, null::text as value, null::text as origin where false;

comment on view bunkd.credential_inbox is
  'The only door for a credential: copy bunkd.credential_inbox (schedule, value, origin) from stdin (format binary). Always empty to a reader. Binary COPY, because bind parameters are logged at log_statement = all.';

create or replace view bunkd.recent_calls as
select c.id as call,
       c.schedule,
       c.reason,
       c.sent,
       c.settled,
       c.outcome,
       c.status_code,
       c.job_id,
       c.detail
  from bunkd.call c
 order by c.id desc
 limit 100;

comment on view bunkd.recent_calls is 'The last hundred calls, the newest first. outcome is null while a call is open.';

create or replace view bunkd.status as
select s.name as schedule,
       s.mode,
       s.mode_reason,
       s.paused,
       s.every,
       s.cron_schedule,
       s.queue_table,
       bunkd.fence(s) is not null as fenced,
       t.back_off,
       coalesce(q.problem, t.problem) as problem,
       q.waiting,
       q.active,
       q.never_claimable,
       q.oldest_wait,
       s.max_in_flight as slots,
       (select count(*) from bunkd.slot o where o.schedule = s.name and o.request is not null) as slots_in_use,
       (select case when w.is_called then w.last_value else 0 end from bunkd.wake_failed w) as failed_wakes,
       t.at as last_tick,
       (select max(c.sent) from bunkd.call c where c.schedule = s.name) as last_call,
       (select jsonb_object_agg(o.outcome, o.calls)
          from (select coalesce(c.outcome, 'open') as outcome, count(*) as calls from bunkd.call c
                 where c.schedule = s.name and c.sent > statement_timestamp() - interval '1 hour'
                 group by 1) as o) as calls_last_hour
  from bunkd.schedule s
  left join bunkd.last_tick t on t.schedule = s.name
  cross join lateral bunkd.queue_counts(s.name) as q;

comment on view bunkd.status is
  'One row a schedule: its queue, its slots, its last tick and calls, and what stands in its way. Counts stop at 10,000, and oldest_wait looks at no more rows than that.';

do $$
begin
  -- create or replace does not know constraint triggers
  if not exists (select from pg_catalog.pg_trigger t where t.tgrelid = 'bunkd.wake'::pg_catalog.regclass and t.tgname = 'at_commit'
                    and t.tgfoid = 'bunkd.at_commit'::pg_catalog.regproc and t.tgenabled = 'O' and t.tginitdeferred) then
    drop trigger if exists at_commit on bunkd.wake;
    create constraint trigger at_commit after insert on bunkd.wake deferrable initially deferred
      for each row execute function bunkd.at_commit();
  end if;
end
$$;

comment on trigger at_commit on bunkd.wake is 'Dispatches at the writer''s commit; see the function.';

create or replace trigger store_credential instead of insert on bunkd.credential_inbox
  for each row execute function bunkd.store_credential();

comment on trigger store_credential on bunkd.credential_inbox is 'Stores what comes through the door; see the function.';


select bunkd.provision('{"schedule": "process-analysis-jobs", "mode": null, "reader_role": null, "credential_given": false, "set": {}}');


do $$
declare
  v_object record;
  v_reader text;
begin
  -- create or replace keeps what somebody else has granted, and default privileges may have granted more. What
  -- belongs to another role is not ours to close.
  for v_object in
    with object (kind, name, acl, owner) as (
      select 'schema', quote_ident(n.nspname), n.nspacl, n.nspowner from pg_catalog.pg_namespace n where n.nspname = 'bunkd'
      union all
      select case when c.relkind = 'S' then 'sequence' else 'table' end, c.oid::pg_catalog.regclass::text, c.relacl, c.relowner
        from pg_catalog.pg_class c where c.relnamespace = 'bunkd'::pg_catalog.regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
      union all
      select 'table', c.oid::pg_catalog.regclass::text, a.attacl, c.relowner  -- closing a table closes its columns
        from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = 'bunkd'::pg_catalog.regnamespace and a.attacl is not null
      union all
      select 'routine', p.oid::pg_catalog.regprocedure::text, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)), p.proowner
        from pg_catalog.pg_proc p where p.pronamespace = 'bunkd'::pg_catalog.regnamespace
    )
    select o.kind, o.name,
           pg_catalog.string_agg(distinct case when a.grantee = 0 then 'public' else a.grantee::pg_catalog.regrole::text end, ', ') as others
      from object o cross join lateral pg_catalog.aclexplode(o.acl) as a
     where a.grantee <> o.owner and pg_catalog.pg_get_userbyid(o.owner) = current_user
     group by o.kind, o.name
  loop
    execute pg_catalog.format('revoke all on %s %s from %s cascade', v_object.kind, v_object.name, v_object.others);
  end loop;

  select r.rolname into v_reader from bunkd.access a join pg_catalog.pg_roles r on r.rolname = a.role where a.kind = 'reader';
  if v_reader is not null then
    execute pg_catalog.format('grant usage on schema bunkd to %1$I;
      grant select on bunkd.status, bunkd.recent_calls to %1$I;
      grant execute on function bunkd.fence(bunkd.schedule), bunkd.queue_counts(text) to %1$I;', v_reader);
  end if;
end
$$;


COMMIT;

