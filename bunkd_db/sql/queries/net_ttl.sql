-- for how long pg_net keeps an answer; null where it is not preloaded
select extract(epoch from current_setting('pg_net.ttl', true)::interval)::double precision as seconds
