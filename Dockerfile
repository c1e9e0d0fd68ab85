# Three stages: the build needs every dependency, the second installs those of production, and the image that runs has neither a
# shell nor npm, no development dependency, no Prisma CLI and no embedded PostgreSQL. docs/deployment.md says why it is distroless.
#
# The base images are tags, so that a build with --pull gets their security updates. To pin one, pass its digest:
#   docker build --build-arg RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13@sha256:... .
# Where gcr.io cannot be reached, pass RUNTIME_IMAGE=node:24-slim: the same steps work on it.
ARG NODE_IMAGE=node:24-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/nest/package.json ./packages/nest/
COPY packages/client/package.json ./packages/client/
COPY packages/web/package.json ./packages/web/
RUN npm ci
COPY tsconfig.json tsconfig.build.json prisma.config.ts ./
COPY bin ./bin
COPY packages ./packages
COPY prisma ./prisma
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/nest/package.json ./packages/nest/
COPY packages/client/package.json ./packages/client/
COPY packages/web/package.json ./packages/web/
RUN npm ci --omit=dev --omit=optional

FROM ${RUNTIME_IMAGE}
ENV NODE_ENV=production
# Otherwise each thread that has hashed a password keeps 19 MB for the next. bin/one-arena.cjs sets it where it is not set.
ENV MALLOC_ARENA_MAX=1
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=dependencies /app/packages ./packages
COPY bin ./bin
COPY prisma ./prisma
COPY --from=build /app/packages/web/dist ./packages/web/dist
COPY --from=build /app/dist/bundle ./dist/bundle
# A number, because Kubernetes cannot tell whether a name is root (runAsNonRoot). All files belong to root: it can change none.
USER 65532:65532
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))"]
# The service itself is process 1, so that it receives SIGTERM. Other commands: node bin/pawl.cjs users list
ENTRYPOINT []
CMD ["node", "bin/pawl.cjs", "start"]
