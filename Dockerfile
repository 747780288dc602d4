# bunkd-db. As it is built without a target, it runs the worker:
#   docker build --tag bunkd-db . && docker run --env-file .env --env PORT=8080 --publish 8080:8080 bunkd-db
# Any other command works too: docker run --env-file .env bunkd-db bunkd-db check
ARG PYTHON_IMAGE=python:3.13-slim
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
CMD ["bunkd-db", "worker"]
