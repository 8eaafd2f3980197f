# The gateway as an image: locked packages checked by hash, no build tools, no root, nothing writable but the data.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/fengqiao
COPY requirements.lock ./
RUN /opt/fengqiao/bin/pip install --require-hashes -r requirements.lock
COPY . .
# The lock also names what tests and checks need: that goes again, and pip at the very end.
RUN /opt/fengqiao/bin/pip install --no-deps --no-build-isolation . \
    && /opt/fengqiao/bin/python -m tools.surplus 'fengqiao-gateway[postgres,redis-fast,s3,otel,excel,sftp]' > /tmp/surplus \
    && xargs /opt/fengqiao/bin/pip uninstall --yes < /tmp/surplus \
    && /opt/fengqiao/bin/pip uninstall --yes pip

FROM python:${PYTHON}-slim
RUN groupadd --gid 10001 fengqiao \
    && useradd --uid 10001 --gid fengqiao --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin fengqiao \
    && install --directory --owner=fengqiao --group=fengqiao --mode=0700 /var/lib/fengqiao \
    && install --directory --owner=fengqiao --group=fengqiao --mode=0700 /var/lib/fengqiao-documents \
    && install --directory --mode=0755 /etc/fengqiao
COPY --from=build /opt/fengqiao /opt/fengqiao
ENV PATH=/opt/fengqiao/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FENGQIAO_DATA_DIR=/var/lib/fengqiao \
    FENGQIAO_CONFIG_DIR=/etc/fengqiao \
    FENGQIAO_HOST=0.0.0.0 \
    FENGQIAO_PORT=8480 \
    FENGQIAO_LOG_JSON=true
USER 10001:10001
VOLUME /var/lib/fengqiao
EXPOSE 8480
# A door: a record sent now would be kept. A worker or a clock: its loop turns and its database answers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "gateway.beat"]
ENTRYPOINT ["fengqiao"]
CMD ["serve"]
