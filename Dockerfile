# A paper session in a container: docker build -t laptop-agents . && docker run -v laptop-agents:/workspace laptop-agents
#
# The dashboard is reachable from the host with -e LA_DASHBOARD=0.0.0.0:8787 -p 127.0.0.1:8787:8787; beyond loopback everything
# needs the token, which is printed at the start and lies in /workspace/state/token.

FROM node:26-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build:package

FROM node:26-bookworm-slim AS dependencies
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# The image has a Node of its own: the one that the package brings along is not needed.
RUN npm ci --omit=dev && rm -rf node_modules/node-linux-* node_modules/.bin/node

FROM node:26-bookworm-slim
LABEL org.opencontainers.image.title="laptop-agents" \
      org.opencontainers.image.description="Autonomous paper trading of Bitunix USDT perpetual futures" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /opt/laptop-agents
COPY --from=dependencies /build/node_modules ./node_modules
COPY --from=build /build/lib ./lib
COPY --from=build /build/dist/web ./dist/web
COPY bin/la.js ./bin/la.js
COPY examples ./examples
COPY package.json LICENSE ./
RUN ln -s /opt/laptop-agents/bin/la.js /usr/local/bin/la && install -d -o node -g node /workspace
USER node
WORKDIR /workspace
VOLUME /workspace
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["la", "status"]
# SIGTERM ends the session within 10 s: docker stop --time 30
STOPSIGNAL SIGTERM
ENTRYPOINT ["la"]
CMD ["watch", "--", "--duration", "forever"]
