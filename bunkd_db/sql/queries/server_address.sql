-- where it took this connection; null: a local socket
select host(inet_server_addr()) as address
