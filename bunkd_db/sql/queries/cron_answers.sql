-- the last ones: there may be millions
select count(*) as answers,
       count(*) filter (where a.timed_out or a.error_msg is not null or a.status_code >= 400) as failed,
       extract(epoch from clock_timestamp() - min(a.created))::double precision as oldest
  from (select r.timed_out, r.error_msg, r.status_code, r.created from net._http_response r
         order by r.created desc limit 10000) as a
