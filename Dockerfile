# syntax=docker/dockerfile:1

FROM node:24-alpine AS build
WORKDIR /muster
COPY . .
# Optional packages too: the bundler of the dashboard's pages is one for each platform.
RUN --mount=type=cache,target=/root/.npm npm ci
RUN node_modules/.bin/tsc -b && node tools/setup/bundle-pages.mjs
RUN npm prune --omit=dev --omit=optional \
 && rm -rf libs/testing node_modules/@muster/testing libs/*/src libs/*/test apps/*/src apps/*/test

FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /muster
COPY --from=build /muster/package.json /muster/LICENSE ./
COPY --from=build /muster/node_modules node_modules
COPY --from=build /muster/tools/container tools/container
COPY --from=build /muster/libs libs
COPY --from=build /muster/apps apps
USER node
ENTRYPOINT ["node", "apps/cli/bin/muster.js"]
