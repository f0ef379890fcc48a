#!/usr/bin/env bash
# Other people's tools look at a running platform of its own. Needs node 20 and npm; `make verify-tools` calls it.
set -euo pipefail
cd "$(dirname "$0")"
BIN=$PWD/../../.venv/bin
npm ci --silent --no-fund --no-audit
CHALKLINE_HOME=$(mktemp -d)
export CHALKLINE_HOME
trap '"$BIN/chalkline" reset --yes >/dev/null; rm -rf "$CHALKLINE_HOME"' EXIT
"$BIN/chalkline" up >/dev/null
"$BIN/chalkline" clock advance maya --by 16d
status=$("$BIN/chalkline" status --json)
told() { python3 -c "import json, sys; print(json.loads(sys.argv[1])$1)" "$status"; }
NATS=$(told '["nats"]["url"]') SEED=$CHALKLINE_HOME/secrets/operator/nats_seed node events.mjs
documents=()
for service in directory goals observations notifications; do
  url=$(told "['services']['$service']['url']")
  curl -sf "$url/openapi.json" >"$CHALKLINE_HOME/$service.openapi.json"
  curl -sf "$url/asyncapi.json" >"$CHALKLINE_HOME/$service.asyncapi.json"
  documents+=("$CHALKLINE_HOME/$service.asyncapi.json")
  npx --no-install redocly lint --format=github-actions "$CHALKLINE_HOME/$service.openapi.json"
done
node asyncapi.mjs "${documents[@]}"
