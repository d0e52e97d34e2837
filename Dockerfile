# Build: a C compiler and Rust; nothing else is needed.
FROM docker.io/library/rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY config config
COPY migrations migrations
COPY src src
RUN cargo build --release --locked --bin grantor && mkdir -p /rootfs/data && cp target/release/grantor /rootfs/grantor

# Run: glibc and certificates, no shell, no package manager, not root.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build --chown=nonroot:nonroot /rootfs /
WORKDIR /data
VOLUME /data
ENV GRANTOR_LISTEN=0.0.0.0:8080 GRANTOR_DATABASE__URL=sqlite:/data/grantor.db
EXPOSE 8080
HEALTHCHECK --interval=10s CMD ["/grantor", "healthcheck"]
ENTRYPOINT ["/grantor"]
CMD ["serve"]
