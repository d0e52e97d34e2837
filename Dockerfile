# Build: a C compiler and Rust; nothing else is needed.
FROM docker.io/library/rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends binutils ca-certificates gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY benches benches
COPY config config
COPY deploy/cargo-static deploy/rootfs deploy/
COPY from_row from_row
COPY migrations migrations
COPY one_build one_build
COPY src src
RUN deploy/cargo-static build --release --locked --bin grantor \
    && deploy/rootfs "target/$(deploy/cargo-static --target)/release/grantor" /rootfs

# Run: the static binary and certificates; no library, no shell, no package manager, not root.
FROM scratch
COPY --from=build --chown=65532:65532 /rootfs /
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV GRANTOR_LISTEN=0.0.0.0:8080 GRANTOR_DATABASE__URL=sqlite:/data/grantor.db
EXPOSE 8080
HEALTHCHECK --interval=10s CMD ["/grantor", "healthcheck"]
ENTRYPOINT ["/grantor"]
CMD ["serve"]
