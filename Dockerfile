# bunkd-db. As it is built without a target, it runs the worker:
#   docker build --tag bunkd-db . && docker run --env-file .env --env PORT=8080 --publish 8080:8080 bunkd-db
# Any other command works too: docker run --env-file .env bunkd-db check
ARG PYTHON_IMAGE=python:3.13-slim
ARG DEBIAN_IMAGE=debian:trixie-slim
# a database of Debian's packages alone, for docker-compose.debian.yml
FROM ${DEBIAN_IMAGE} AS debian
ENV LANG=C.UTF-8 CLUSTER=/var/lib/postgresql/17/main PATH=/usr/lib/postgresql/17/bin:$PATH
RUN mkdir -p /etc/postgresql-common \
  && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf \
  && apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates postgresql-17-cron postgresql-17-http \
  && rm -rf /var/lib/apt/lists/* \
  && pg_createcluster 17 main \
  && pg_conftool 17 main set listen_addresses '*' \
  && pg_conftool 17 main set shared_preload_libraries pg_cron \
  && pg_conftool 17 main set cron.use_background_workers on \
  && echo "host all all all scram-sha-256" >>/etc/postgresql/17/main/pg_hba.conf
USER postgres
# fast, not smart: `docker stop` waits for no client
STOPSIGNAL SIGINT
CMD ["sh", "-ec", "set -- -D $CLUSTER -c config_file=/etc/postgresql/17/main/postgresql.conf; \
  echo \"alter role postgres password '${POSTGRES_PASSWORD:-postgres}'\" \
    | postgres --single \"$@\" -c shared_preload_libraries= postgres >/dev/null; exec postgres \"$@\""]

FROM ${PYTHON_IMAGE} AS installed
WORKDIR /app
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY bunkd_db bunkd_db
COPY migrations migrations
RUN pip install --no-cache-dir .
ENV PYTHONUNBUFFERED=1
USER nobody

# what docker-compose.yml needs besides: the demo's function and its queue
FROM installed AS demo
COPY tests/__init__.py tests/
COPY tests/support tests/support
COPY tests/demo tests/demo

FROM installed
# `docker stop` waits 10 s: give it --time, a call's timeout and some more
ENTRYPOINT ["bunkd-db"]
CMD ["worker"]
