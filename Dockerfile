# The client's packages.
FROM node:22.20.0-bookworm-slim AS packages
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

# The binary, with the client bundle inside.
FROM golang:1.26.8-bookworm AS build
COPY --from=packages /usr/local/bin/node /usr/local/bin/node
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=packages /src/node_modules ./node_modules
ARG VERSION=dev
RUN go run ./scripts/bundle \
 && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/askwell ./cmd/askwell \
 && mkdir -p /out/files

# Only the binary, certificates and an account without rights.
FROM debian:12.11-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home askwell
COPY --from=build /out/askwell /usr/local/bin/askwell
COPY --from=build --chown=10001:10001 /out/files /files
USER 10001
ENV FILES_DIR=/files LISTEN=:8080
VOLUME /files
EXPOSE 8080
ENTRYPOINT ["askwell"]
CMD ["serve"]
