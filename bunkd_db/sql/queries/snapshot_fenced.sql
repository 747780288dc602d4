select s.name, exists (select from bunkd.credential c where c.schedule = s.name and c.place in ('alert', 'heartbeat')
                         and c.store <> 'removed') as has_urls
  from bunkd.schedule s
 where s.held is null and bunkd.fence(s) is not null
