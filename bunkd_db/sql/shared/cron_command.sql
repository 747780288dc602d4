-- over a schedule s: what its cron job runs. One simple query, so one transaction, whatever the role's and the
-- database's defaults are.
'set transaction isolation level read committed; set local statement_timeout = 0; select bunkd.tick('
  || pg_catalog.quote_literal(s.name) || ')'
