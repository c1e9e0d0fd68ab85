# The build needs every dependency. The image that runs has no development dependency, no Prisma CLI and no embedded PostgreSQL.
FROM node:24-slim AS build
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

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/nest/package.json ./packages/nest/
COPY packages/client/package.json ./packages/client/
COPY packages/web/package.json ./packages/web/
RUN npm ci --omit=dev --omit=optional
COPY bin ./bin
COPY prisma ./prisma
COPY --from=build /app/packages/nest/dist ./packages/nest/dist
COPY --from=build /app/packages/web/dist ./packages/web/dist
COPY --from=build /app/dist ./dist
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))"]
# The service itself is process 1, so that it receives SIGTERM. Other commands: node bin/pawl.cjs users list
CMD ["node", "bin/pawl.cjs", "start"]
