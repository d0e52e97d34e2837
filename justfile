# Lists the commands.
default:
    @just --list

# Runs a demo server and an application to sign in to.
demo *options:
    cargo run -- demo {{options}}

# Runs the tests on SQLite.
test *names:
    cargo test {{names}}

# Runs the integration tests on PostgreSQL; the URL must be an administrator's.
test-postgres url *names:
    TEST_ENGINE=postgres TEST_POSTGRES_URL={{url}} cargo test --test it {{names}}

# Checks formatting, lints and spelling; needs `typos` (`pip install typos` or `cargo install typos-cli`).
check:
    cargo fmt --all --check
    cargo clippy --all-targets -- -D warnings
    typos

# Checks the licenses and sources of dependencies; needs `cargo install cargo-deny`.
deny:
    cargo deny --locked check licenses bans sources
    .ci/advisories

# Makes pictures of every page in every state, in four languages, into target/screenshots, and renews those of the documentation.
screenshots:
    CI=true cargo test --test it -- --ignored layout::screenshots

# Installs the client libraries in other languages that `cargo test` can use; needs pip, npm, Go, a JDK and Maven.
clients directory="target/clients":
    mkdir -p {{directory}}
    cp tests/clients/package.json {{directory}}
    python3 -m pip install --quiet --upgrade --target {{directory}}/python --requirement tests/clients/requirements.txt
    python3 -m pip install --quiet --upgrade --target {{directory}}/schemathesis --requirement tests/clients/schemathesis.txt
    npm install --prefix {{directory}} --no-audit --no-fund --ignore-scripts
    go build -C tests/clients/go -o "$(realpath {{directory}})/go-client" .
    rm -rf {{directory}}/java
    for jar in $(cat tests/clients/java/jars.txt); do \
        mvn -B -q dependency:copy -Dartifact="$jar" -DoutputDirectory="$(realpath {{directory}})/java" || exit 1; \
    done
    rm -rf {{directory}}/integrations
    mkdir -p {{directory}}/integrations
    go build -C tests/clients/integrations/go -ldflags "-s -w" -o "$(realpath {{directory}})/integrations/" \
        ./kubernetes github.com/oauth2-proxy/oauth2-proxy/v7
    mvn -B -q -f tests/clients/integrations/java dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$(realpath {{directory}})/integrations/spring"

# Runs outages at their real length, load for a minute, thousands of histories, and each fuzz target for an hour; on PostgreSQL with TEST_ENGINE and TEST_POSTGRES_URL.
soak: && fuzz
    TEST_SOAK=1 cargo test --test it -- faults histories races failover

# Gives all fuzz targets, or those that are named, inputs for FUZZ_SECONDS each: by libFuzzer if `cargo install cargo-fuzz` and a nightly compiler are there.
fuzz *targets:
    fuzz/run {{targets}}

# Measures what requests cost; --growth fills the database with a million clients, people and tokens.
bench *options:
    cargo bench -- {{options}}

# Builds a release into target/dist: a tarball with a static binary, its SBOM, and the root file system of a container; needs `cargo install cargo-cyclonedx`.
dist *directory:
    deploy/dist {{directory}}

# Runs everything that CI runs.
ci:
    .ci/run
