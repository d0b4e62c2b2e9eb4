#!/bin/sh
# nginx answering every request with one constant: the limit for a server on this machine.
# Usage: nginx.sh PORT. Keeps its files in the current directory.
cat >nginx.conf <<END
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:$1 backlog=1024;
        default_type text/plain;
        location / { return 200 "4711=1500,131=1220"; }
    }
}
END
exec nginx -p "$PWD" -c "$PWD/nginx.conf" -e stderr
