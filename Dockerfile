# Two stages: the wheel is built by the first and run by the second, which holds nothing but what a server needs.
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements-run.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/civic && /opt/civic/bin/pip install --no-cache-dir --require-hashes -r requirements-run.lock
COPY civic civic
COPY templates templates
COPY static static
COPY alembic alembic
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /dist . && /opt/civic/bin/pip install --no-cache-dir --no-deps /dist/*.whl

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home civic
COPY --from=build /opt/civic /opt/civic
ENV PATH=/opt/civic/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CIVIC_DATABASE_URL=sqlite+aiosqlite:////data/civic.db \
    CIVIC_FILES=/data/files \
    CIVIC_MAIL_FOLDER=/data/mail
USER civic
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["civic", "serve", "--host", "0.0.0.0", "--port", "8000"]
