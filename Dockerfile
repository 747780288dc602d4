# bunkd-db, and the demo's function and queue for docker-compose.yml.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
WORKDIR /app
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY bunkd_db bunkd_db
COPY migrations migrations
RUN pip install --no-cache-dir .
COPY tests/__init__.py tests/
COPY tests/support tests/support
COPY tests/demo tests/demo
ENV PYTHONUNBUFFERED=1
USER nobody
CMD ["bunkd-db", "--help"]
