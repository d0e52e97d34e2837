# Lists the verbs.
default:
    @just --list

# A server with everything in it, and an application to sign in to.
demo *options:
    cargo run --release -- demo {{options}}

# The tests, on SQLite.
test *names:
    cargo test {{names}}

# The integration tests on PostgreSQL; the URL is an administrator's.
test-postgres url *names:
    TEST_ENGINE=postgres TEST_POSTGRES_URL={{url}} cargo test --test it {{names}}

# What CI asks before anything else.
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# What may come in from outside; needs `cargo install cargo-deny`.
deny:
    cargo deny --locked check licenses bans sources

# The client libraries in other languages that `cargo test` tries, if they are there; needs pip, npm, Go, a JDK and Maven.
clients directory="target/clients":
    mkdir -p {{directory}}
    cp tests/clients/package.json {{directory}}
    python3 -m pip install --quiet --upgrade --target {{directory}}/python --requirement tests/clients/requirements.txt
    npm install --prefix {{directory}} --no-audit --no-fund --ignore-scripts
    go build -C tests/clients/go -o "$(realpath {{directory}})/go-client" .
    rm -rf {{directory}}/java
    for jar in $(cat tests/clients/java/jars.txt); do \
        mvn -B -q dependency:copy -Dartifact="$jar" -DoutputDirectory="$(realpath {{directory}})/java" || exit 1; \
    done

# Outages as long as they are, and writers for a minute; on PostgreSQL too with TEST_ENGINE and TEST_POSTGRES_URL.
soak:
    TEST_SOAK=1 cargo test --test it -- faults races failover

# What requests cost; --growth fills the database to a million clients, people and tokens.
bench *options:
    cargo bench -- {{options}}

# Everything that CI does.
ci:
    .ci/run
