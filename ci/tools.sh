#!/usr/bin/env bash
# Installs the named tools into target/tools, unless the pinned version is there already.
#
#   ci/tools.sh aws-cli       target/tools/aws-cli/bin/aws
#   ci/tools.sh cargo-fuzz    target/tools/bin/cargo-fuzz
#   ci/tools.sh cargo-hack    target/tools/bin/cargo-hack
#   ci/tools.sh moto          target/tools/moto, an environment of Python; `ci/moto` starts it
#   ci/tools.sh openapi-spec-validator   target/tools/openapi-spec-validator, an environment of Python
#   ci/tools.sh schemathesis             target/tools/schemathesis, likewise
#   ci/tools.sh rie           target/tools/aws-lambda-rie
#   ci/tools.sh chromium      the system's, by apt-get where there is none
#   ci/tools.sh valgrind      likewise
#   ci/tools.sh cfn-lint      target/tools/cfn-lint, an environment of Python
#   ci/tools.sh terraform     only says how to install it where there is none
#   ci/tools.sh powertools-python        target/tools/powertools-python, an environment of Python
#   ci/tools.sh powertools-typescript    target/tools/powertools-typescript/node_modules
#   ci/tools.sh serverless-offline       target/tools/serverless-offline/node_modules
#   ci/tools.sh websockets    target/tools/websockets, an environment of Python
#   ci/tools.sh wrk           the system's, by apt-get where there is none
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=ci/versions
source ci/versions
tools=$PWD/target/tools
mkdir -p "$tools"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "ci/tools.sh: $*" >&2
    exit 1
}

install_cargo_hack() {
    [[ $("$tools/bin/cargo-hack" hack --version 2>&1) != "cargo-hack $cargo_hack" ]] || return 0
    # It only starts cargo, so a debug build is as good, and made in half the time.
    cargo install --locked --debug --force --root "$tools" \
        --target-dir "$scratch" "cargo-hack@$cargo_hack"
}

install_cargo_fuzz() {
    [[ $("$tools/bin/cargo-fuzz" fuzz --version 2>&1) != "cargo-fuzz $cargo_fuzz" ]] || return 0
    cargo install --locked --debug --force --root "$tools" \
        --target-dir "$scratch" "cargo-fuzz@$cargo_fuzz"
}

# With pip's own choice of what it depends on. Not its `server` extra: the services that are asked for and
# its HTTP server are half of that.
install_moto() {
    # An environment of before `./check openapi` has no API Gateway.
    [[ -x $tools/moto/bin/openapi-spec-validator ]] || rm -rf "$tools/moto"
    from_pypi moto moto "$moto" \
        "moto[apigateway,dynamodb,secretsmanager,ssm]==$moto" flask flask-cors
}

# The validator of OpenAPI documents, and the client that makes requests of them.
install_openapi_spec_validator() {
    from_pypi openapi-spec-validator openapi-spec-validator "$openapi_spec_validator" \
        "openapi-spec-validator==$openapi_spec_validator"
}

install_schemathesis() {
    from_pypi schemathesis schemathesis "$schemathesis" "schemathesis==$schemathesis"
}

# Never ask this program for its version: it takes any argument for the function to run, and waits.
install_rie() {
    local machine sum
    case $(uname -s).$(uname -m) in
    Linux.x86_64) machine=x86_64 sum=$rie_x86_64_sha256 ;;
    Linux.aarch64) machine=arm64 sum=$rie_arm64_sha256 ;;
    *) fail "there is no emulator for $(uname -sm)" ;;
    esac
    local program=$tools/aws-lambda-rie member=samcli/local/rapid/aws-lambda-rie-$machine
    if ! is "$sum" "$program"; then
        python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$scratch" \
            "aws-sam-cli==$aws_sam_cli"
        python3 -m zipfile -e "$scratch"/aws_sam_cli-*.whl "$scratch/wheel"
        is "$sum" "$scratch/wheel/$member" || fail "$member is not the file that ci/versions names"
        install -m 755 "$scratch/wheel/$member" "$program.new"
        mv "$program.new" "$program"
    fi
}

# Whatever version Debian has: a browser that is kept back for a test is a browser nobody uses.
install_chromium() {
    from_debian chromium
}

# Likewise: between versions it counts alike.
install_valgrind() {
    from_debian valgrind
}

# Likewise: both servers that it measures are measured by the same one.
install_wrk() {
    from_debian wrk
}

from_debian() {
    ! command -v "$1" >/dev/null || return 0
    command -v apt-get >/dev/null || fail "there is no $1, and no apt-get to install it with"
    local try
    for try in 1 2 3; do
        if apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$1" >"$scratch/apt"; then
            return 0
        fi
        echo "ci/tools.sh: apt-get failed, try $try of 3" >&2
    done
    fail "$1 cannot be installed"
}

# The first version, which is Python's: the second one is in no package registry.
install_aws_cli() {
    from_pypi aws-cli awscli "$awscli" "awscli==$awscli"
}

# With what AWS makes CloudFormation's resources of SAM's with.
install_cfn_lint() {
    from_pypi cfn-lint cfn-lint "$cfn_lint" "cfn-lint==$cfn_lint" "aws-sam-translator==$aws_sam_translator"
}

# In no package registry that the others come from.
install_terraform() {
    command -v terraform >/dev/null \
        || fail "there is no terraform; install 1.9 or later: developer.hashicorp.com/terraform/install"
}

# A client of WebSockets that nobody here wrote.
install_websockets() {
    from_pypi websockets websockets "$websockets" "websockets==$websockets"
}

# Alone: its events need nothing of the framework that it belongs to, which asks for an account.
install_serverless_offline() {
    from_npm serverless-offline serverless-offline "$serverless_offline" \
        --legacy-peer-deps "serverless-offline@$serverless_offline"
}

# With pip's own choice of what it depends on, in an environment of its own.
install_powertools_python() {
    from_pypi powertools-python aws-lambda-powertools "$powertools_python" \
        "aws-lambda-powertools==$powertools_python"
}

install_powertools_typescript() {
    # Correlation ids by path need the second.
    from_npm powertools-typescript @aws-lambda-powertools/logger "$powertools_typescript" \
        "@aws-lambda-powertools/logger@$powertools_typescript" \
        "@aws-lambda-powertools/jmespath@$powertools_typescript"
}

# An environment of Python below target/tools, unless it has this package in this version already; what
# follows is for pip.
from_pypi() {
    local to=$tools/$1 package=$2 version=$3
    shift 3
    command -v python3 >/dev/null \
        || fail "there is no python3; install it: apt-get install python3 python3-venv"
    local installed='import sys; from importlib.metadata import version; print(version(sys.argv[1]))'
    [[ $("$to/bin/python3" -c "$installed" "$package" 2>&1) != "$version" ]] || return 0
    rm -rf "$to"
    python3 -m venv "$to" \
        || fail "python3 makes no environment; install what it needs: apt-get install python3-venv"
    "$to/bin/python3" -m pip install --quiet --disable-pip-version-check "$@"
}

# The same of Node.js.
from_npm() {
    local to=$tools/$1 package=$2 version=$3 program
    shift 3
    for program in node npm; do
        command -v "$program" >/dev/null \
            || fail "there is no $program; install it: apt-get install nodejs npm"
    done
    # Not `require` of the package, which may keep its package.json to itself.
    local installed='console.log(JSON.parse(require("fs").readFileSync(process.argv[1])).version)'
    local described=$to/node_modules/$package/package.json
    [[ $(node -e "$installed" "$described" 2>&1) != "$version" ]] || return 0
    rm -rf "$to"
    mkdir -p "$to"
    npm install --prefix "$to" --no-save --ignore-scripts --no-audit --no-fund --loglevel=error "$@"
}

is() {
    [[ -f $2 ]] && echo "$1  $2" | sha256sum --check --status
}

[[ $# -gt 0 ]] ||
    fail "name a tool: aws-cli, cargo-fuzz, cargo-hack, cfn-lint, chromium, moto, openapi-spec-validator,
powertools-python, powertools-typescript, rie, schemathesis, serverless-offline, terraform, valgrind,
websockets, wrk"
for tool; do
    case $tool in
    aws-cli) install_aws_cli ;;
    cargo-fuzz) install_cargo_fuzz ;;
    cargo-hack) install_cargo_hack ;;
    cfn-lint) install_cfn_lint ;;
    chromium) install_chromium ;;
    moto) install_moto ;;
    openapi-spec-validator) install_openapi_spec_validator ;;
    powertools-python) install_powertools_python ;;
    powertools-typescript) install_powertools_typescript ;;
    rie) install_rie ;;
    schemathesis) install_schemathesis ;;
    serverless-offline) install_serverless_offline ;;
    terraform) install_terraform ;;
    valgrind) install_valgrind ;;
    websockets) install_websockets ;;
    wrk) install_wrk ;;
    *) fail "unknown tool \`$tool\`" ;;
    esac
done
