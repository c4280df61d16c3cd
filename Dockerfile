# The UI, then the binary, then an image with nothing else. Build: docker build -t spanloom .
FROM node:22-bookworm-slim AS ui
WORKDIR /src/ui
COPY ui/package.json ui/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY ui ./
RUN npm run build

FROM rust:1.95-bookworm AS binary
# aws-lc, the cryptography of TLS, is C.
RUN apt-get update && apt-get install --yes --no-install-recommends cmake clang && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=ui /src/ui/dist ui/dist
RUN cargo build --release --locked && cp target/release/spanloom /spanloom && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=binary /spanloom /usr/local/bin/spanloom
COPY --from=binary --chown=nonroot:nonroot /data /data
COPY --from=binary /src/docs/container.yaml /etc/spanloom.yaml
VOLUME /data
EXPOSE 4300 4317 4318 9411
# Stops on SIGTERM with a flush.
ENTRYPOINT ["/usr/local/bin/spanloom"]
CMD ["serve", "--config", "/etc/spanloom.yaml"]
