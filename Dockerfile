# syntax=docker/dockerfile:1
# docker build -t watchkeeper . && docker run -v watchkeeper:/var/lib/watchkeeper -v ./config:/etc/watchkeeper:ro --env-file secrets watchkeeper

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
# What cargo needs to know the workspace; .dockerignore lets nothing else in.
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked --package watchkeeper && cp target/release/watchkeeper /usr/local/bin/

FROM debian:bookworm-slim
# The system's certificates for the chats and AWS, and its time zones for people's times.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-log-init --home-dir /var/lib/watchkeeper --create-home watchkeeper
COPY config /etc/watchkeeper
COPY --from=build /usr/local/bin/watchkeeper /usr/local/bin/
ENV WATCHKEEPER_CONFIG=/etc/watchkeeper/watchkeeper.toml \
    WATCHKEEPER_DATA_DIR=/var/lib/watchkeeper/data \
    WATCHKEEPER_LISTEN=0.0.0.0:8080
USER 10001:10001
VOLUME /var/lib/watchkeeper
EXPOSE 8080
# Whether it lives: whoever restarts it while a chat is away mends nothing. Whether it is ready: /health/ready.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["watchkeeper", "health", "--live"]
ENTRYPOINT ["watchkeeper"]
CMD ["serve"]
