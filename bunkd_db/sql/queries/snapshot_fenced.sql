select s.name, bunkd.has_url(s.name, 'alert') or bunkd.has_url(s.name, 'heartbeat') as has_urls
  from bunkd.schedule s
 where s.held is null and bunkd.fence(s) is not null
