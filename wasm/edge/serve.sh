#!/usr/bin/env bash
# Runs the built Worker on 127.0.0.1, port $1, with Cloudflare's own runtime,
# workerd, and nothing of Cloudflare's network. It asks for SPLITQUANT_TOKEN
# where that is set.
set -euo pipefail
cd "$(dirname "$0")"

export CI=1 WRANGLER_SEND_METRICS=false WRANGLER_HIDE_BANNER=true
export CLOUDFLARE_CF_FETCH_ENABLED=false # what the network would say about a visitor
export WRANGLER_LOG_PATH=../../dist/wrangler.log
token=()
[[ -z ${SPLITQUANT_TOKEN:-} ]] || token=(--var "SPLITQUANT_TOKEN:$SPLITQUANT_TOKEN")

exec node ../../public/vendor/node_modules/wrangler/bin/wrangler.js dev --local \
	--ip 127.0.0.1 --port "$1" --inspector-port 0 --persist-to ../../dist/wrangler "${token[@]}"
