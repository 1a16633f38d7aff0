# syntax=docker/dockerfile:1
# One image for everything: the service, its migrations, and the command line of tenants
# (docker run --rm -v "$PWD":/app/external_tasks:ro jobmount validate). amd64 and arm64.

# A Debian with glibc: the driver of SQLite comes prebuilt for it. Pin it by digest where builds must repeat exactly.
ARG NODE_IMAGE=node:24-bookworm-slim

# Packages before code: this layer changes with the lockfile alone. No package runs a script while it is installed.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json bundle.mjs README.md CHANGELOG.md ./
COPY bin ./bin
COPY migrations ./migrations
COPY src ./src
COPY ui ./ui
COPY builtin_tasks ./builtin_tasks
COPY external_tasks ./external_tasks
# What the npm package holds is what the image holds.
RUN npm run build \
  && npm pack --ignore-scripts --pack-destination /tmp \
  && mkdir /app \
  && tar --extract --gzip --file /tmp/jobmount-*.tgz --directory /app --strip-components 1 --no-same-owner

FROM ${NODE_IMAGE} AS base
# tini takes in the processes that jobs leave behind; setpriv and prlimit of util-linux are the walls around jobs.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends tini util-linux ca-certificates \
  && rm -rf /var/lib/apt/lists/* /opt/yarn-* /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && userdel --remove node \
  && groupadd --gid 10001 jobmount \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin jobmount \
  && groupadd --gid 10002 jobs \
  && useradd --uid 10002 --gid 10002 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin jobs
# The service runs a Node that its user may execute and not read: the kernel then shows no process of the same user its
# memory and its environment, where the secrets are. Jobs run the ordinary one. The same for tini, which has that
# environment too, and which would show it to every job as /proc/1/environ.
RUN install -D --owner root --group root --mode 0711 /usr/local/bin/node /usr/local/lib/jobmount/node \
  && install --owner root --group root --mode 0711 /usr/bin/tini /usr/local/lib/jobmount/tini \
  && printf '#!/bin/sh\nexec /usr/local/lib/jobmount/node /app/bin/jobmount.mjs "$@"\n' > /usr/local/bin/jobmount \
  && chmod 0755 /usr/local/bin/jobmount
COPY --from=packages /app/node_modules /app/node_modules
COPY --from=build /app /app
RUN chmod -R a+rX,go-w /app && install -d --owner 10001 --group 10001 --mode 0700 /data

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Jobmount" \
  org.opencontainers.image.description="A mounted folder of TypeScript jobs becomes scheduled, isolated, recorded runs" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"

# The log is JSON, so that the first start prints no token into it: docker exec … jobmount token create makes one.
# All that it keeps lies in ./data, also what it keeps beside a database server: the working folder is /.
ENV NODE_ENV=production \
  HOME=/tmp \
  HOST=0.0.0.0 \
  PORT=3000 \
  EXTERNAL_TASKS_PATH=/app/external_tasks \
  JOBMOUNT_LOG_FORMAT=json
WORKDIR /
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 CMD ["jobmount", "doctor", "--ready"]
ENTRYPOINT ["/usr/local/lib/jobmount/tini", "--", "jobmount"]
CMD ["start"]

# The variant in which jobs have a user of their own: docker build --target job-user. It starts as root; see
# docs/operations.md for the capabilities that it needs.
FROM base AS job-user
RUN chown root:root /data && chmod 0711 /data
ENV JOBMOUNT_JOB_USER=10002:10002
VOLUME ["/data", "/tmp"]
USER 0:0

# The usual image: one user for the service and its jobs, no way to another one.
FROM base AS jobmount
# The only places that are written to; the rest of the root may be read-only.
VOLUME ["/data", "/tmp"]
USER 10001:10001
