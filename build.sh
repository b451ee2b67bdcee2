#!/usr/bin/env bash
# Builds, serves and tests SplitQuant; "./build.sh help" says how.
set -euo pipefail
cd "$(dirname "$0")"

readonly site=dist/site
readonly onefile=dist/splitquant.html
readonly files=dist/files
readonly vendor=public/vendor

help() {
	cat <<'END'
usage: ./build.sh COMMAND

  serve      build the site, serve it on 127.0.0.1:8080 (or $PORT)
  build      make the static site in dist/site, and dist/splitquant.html,
             which is the site in one file
  dist       the same, compressed as far as it goes, and the Cloudflare Worker
             in dist/edge
  release    make dist/release: the site, the one file, command lines for all
             systems, and their SHA-256 sums
  edge       run the Cloudflare Worker on 127.0.0.1:8787 (or $PORT)
  test       check the code, run all tests, natively, in Node and in browsers
  test full  the same, with the tests that take long
  bench [--json FILE]
             measure speed, natively, in Node and in Chromium, in seconds
             and in ratios within one run
  fuzz       give damaged files to every reader, 10 minutes each (or what
             follows, as 30s, or 5000x for so many files)
  generate   turn the .vugu files in ui/ into Go
END
}

say() { printf '\n== %s\n' "$*"; }
die() {
	printf 'build.sh: %s\n' "$*" >&2
	exit 1
}
have() { command -v "$1" >/dev/null; }

need_go() { have go || die "Go is missing: install Go 1.26 or newer"; }
need_node() { have npm || die "Node is missing: install Node.js 20 or newer, with npm"; }

# vendored installs what the site takes from npm, unless it is there already.
vendored() {
	need_node
	[[ $vendor/node_modules/.package-lock.json -nt $vendor/package-lock.json ]] && return
	npm_packages --omit=dev
}

# vendored_all installs what tests and the edge take from npm as well.
vendored_all() {
	vendored
	[[ -d $vendor/node_modules/axe-core ]] || npm_packages
}

npm_packages() {
	say "npm packages"
	(cd "$vendor" && npm ci --ignore-scripts --no-audit --no-fund "$@")
	touch "$vendor/node_modules/.package-lock.json"
}

generate() {
	local dirs
	dirs=$(find ui -name '*.vugu' -exec dirname {} + | sort -u)
	go tool vugugen -skip-go-mod -skip-main $dirs
	# vugugen's notes to itself are not ours to keep.
	find ui -name '*_gen.go' -exec sed -i.old '/implement capture, etc. mostly need/d' {} +
	find ui -name '*_gen.go.old' -delete
}

# place copies a file, and makes the folder for it.
place() {
	mkdir -p "$(dirname "$2")"
	cp "$1" "$2"
}

# compile compiles the Go package $1 to the WebAssembly file $2, with the
# options after them.
compile() { GOOS=js GOARCH=wasm go build -trimpath -buildvcs=false -ldflags "-s -w -buildid=" -o "$2" "${@:3}" "$1"; }

# commit names what is built: the commit, and + where files differ from it.
commit() {
	local hash
	hash=$(git rev-parse --short=12 HEAD 2>/dev/null) || return 0
	[[ -z $(git status --porcelain) ]] || hash+=+
	echo "$hash"
}

# place_files puts all that the site is made of together in dist/files.
place_files() {
	need_go
	COMMIT=$(commit)
	export COMMIT
	vendored
	generate
	rm -rf "$files"
	local file
	while IFS= read -r file; do
		place "public/$file" "$files/$file"
	done < <(cd public && find . -path ./vendor -prune -o -type f -print)
	for file in ort.wasm.min.mjs ort-wasm-simd-threaded.mjs ort-wasm-simd-threaded.wasm; do
		place "$vendor/node_modules/onnxruntime-web/dist/$file" "$files/runtime/$file"
	done
	place "$(go env GOROOT)/lib/wasm/wasm_exec.js" "$files/wasm_exec.js"
	go build -o dist/site-tool ./wasm/site/cmd
	dist/site-tool vugu "$(go list -m -f '{{.Dir}}' github.com/vugu/vugu)" "$files/vugu.js"
	compile ./wasm/app "$files/app.wasm" -gcflags=all=-l # nothing inlined: a tenth less to load
	compile ./wasm/worker "$files/engine.wasm"
}

# make_site makes the site; $1 is the level of compression, 0 to 11.
make_site() {
	place_files
	dist/site-tool make "$files" "$site" "$1"
	dist/site-tool onefile "$files" "$onefile"
}

# make_edge makes the Cloudflare Worker in dist/edge.
make_edge() {
	go tool workers-assets-gen -mode=go -o dist/edge
	compile ./wasm/edge dist/edge/app.wasm
}

build() {
	make_site 9
	echo "The site is in $site, and in one file in $onefile"
}

dist() {
	rm -rf "$site"
	make_site 11
	make_edge
	echo "The site is in $site, in one file in $onefile, the Cloudflare Worker in dist/edge"
}

serve() {
	make_site 9
	exec dist/site-tool serve "$site"
}

# release puts all that is given away in dist/release. The same commit gives
# the same bytes.
release() {
	local version name os arch
	dist
	rm -rf dist/release
	mkdir dist/release
	version=$(sed -n 's/^const Version = "\(.*\)"/\1/p' core/version/version.go)
	name=dist/release/splitquant-$version
	dist/site-tool zip "$site" "$name-site.zip"
	place "$onefile" "$name.html"
	for os in linux darwin windows; do
		for arch in amd64 arm64; do
			say "command line for $os on $arch"
			local program=$name-$os-$arch
			[[ $os != windows ]] || program+=.exe
			# Without cgo: what runs models then says that it cannot.
			CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "-s -w -buildid=" \
				-o "$program" ./core/cmd/splitquant
		done
	done
	dist/site-tool sums dist/release >dist/SHA256SUMS
	mv dist/SHA256SUMS dist/release
	echo "The release is in dist/release"
}

# check_release makes the release here, and once more from a copy of the project
# in another folder, and compares.
check_release() {
	[[ -z $(git status --porcelain) ]] || die "files differ from the commit: only a commit is released"
	local other
	other=$(mktemp -d)/"another folder"
	git clone --quiet . "$other"
	mkdir -p "$other/$vendor"
	cp -R "$vendor/node_modules" "$other/$vendor/"
	touch "$other/$vendor/node_modules/.package-lock.json"
	release
	"$other/build.sh" release
	diff -r dist/release "$other/dist/release" || die "two releases of the same commit differ"
	rm -rf "${other%/*}"
}

# edge runs the Cloudflare Worker on this machine.
edge() {
	vendored_all
	make_site 9
	make_edge
	exec wasm/edge/serve.sh "${PORT:-8787}"
}

# find_browsers sets CHROMIUM and FIREFOX, and installs what is missing where
# that is possible.
find_browsers() {
	find_chromium
	find_browser FIREFOX firefox-esr firefox /Applications/Firefox.app/Contents/MacOS/firefox
}

find_chromium() {
	find_browser CHROMIUM chromium chromium-browser google-chrome google-chrome-stable \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
}

# find_browser sets the variable $1 to the first of the programs after it that
# is there. The first is also the name of Debian's package.
find_browser() {
	local variable=$1 package=$2 name
	shift
	for name in "${!variable:-}" "$@"; do
		if [[ -n $name ]] && have "$name"; then
			export "$variable=$(command -v "$name")"
			return
		fi
	done
	[[ $(id -u) == 0 ]] && have apt-get || die "$package is missing: install it, or set $variable to its program"
	say "$package"
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"
	have "$package" || die "$package is still missing after its installation"
	export "$variable=$package"
}

check_format() {
	local wrong
	wrong=$(git ls-files -z --cached --others --exclude-standard '*.go' ':!*_gen.go' | xargs -0 gofmt -l)
	[[ -z $wrong ]] || die "not formatted, run gofmt -w: ${wrong//$'\n'/ }"
}

# generated prints the generated files, so that two of its outputs compare.
generated() { find ui -name '*_gen.go' -print -exec cat {} +; }

check_generated() {
	local before
	before=$(generated)
	generate
	[[ $before == "$(generated)" ]] || die "generated files were out of date; they are up to date now, commit them"
}

# core_in_wasm lists the packages of core that can be tested as WebAssembly: the
# commands start processes, and ort needs a native library.
core_in_wasm() { GOOS=js GOARCH=wasm go list ./core/... | grep -v -e /core/cmd/ -e /core/ort; }

# tests_in_node lists the packages whose tests run in Node: all that can in test
# full, otherwise those that only run there or whose numbers must be the same there.
tests_in_node() {
	echo ./wasm/web
	if [[ -n ${SPLITQUANT_FULL:-} ]]; then
		core_in_wasm
		echo ./wasm/worker/...
	else
		printf './core/%s\n' kmeans measure plan quant split tensor
	fi
}

# go_test is go test that fails, too, if a test is left out for want of something:
# all that tests need is installed here, but for the models and data in ../shared.
go_test() {
	local allowed='takes long|needs SPLITQUANT_FULL|set SCREENSHOTS|there is no reference|nothing that can be changed|it is not run|with NumPy'
	[[ -d ../shared ]] || allowed+='|not there|not here|needs .*/shared'
	go test -json "$@" | dist/tests -allow "$allowed"
}

run_tests() {
	need_go
	vendored_all
	find_browsers

	say "format, vet, generated files"
	check_format
	check_generated
	go vet ./...
	GOOS=js GOARCH=wasm go vet $(core_in_wasm) ./ui/... ./wasm/...

	say "the site, the Cloudflare Worker"
	go build -o dist/tests ./core/cmd/tests
	make_site 9
	make_edge

	say "tests, native, and in Cloudflare's runtime"
	go_test $(go list ./... | grep -v /ui/e2e)

	run_fuzz 8000x # a count: it ends the same on any machine

	say "tests, WebAssembly in Node"
	GOOS=js GOARCH=wasm go test -exec "node --stack-size=8192 $PWD/wasm/node/start.mjs" $(tests_in_node)

	say "tests in $CHROMIUM and $FIREFOX"
	go_test -count=1 -timeout 60m ./ui/e2e

	[[ -n ${SPLITQUANT_FULL:-} ]] || return 0
	say "two releases"
	check_release
}

# run_fuzz gives damaged files to every reader, for the time or the number of files
# $1 each.
run_fuzz() {
	need_go
	local dir name
	while read -r dir name; do
		say "fuzzing $dir, $name, $1"
		fuzz "$dir" "$name" "$1" || die "fuzzing $dir, $name found something"
	done < <(grep -ro --include='*_test.go' '^func Fuzz[A-Za-z]*' core | sed 's|/[^/]*:func | |' | sort)
}

# fuzz gives damaged files to the reader $1 by its test $2 for $3. When a time is up,
# Go before 1.27 may say that a deadline was exceeded, which is no finding
# (go.dev/issue/75804): there is then no file that fails. The time is for files that
# show something new, not for making these small, which may take a minute each.
fuzz() {
	local output
	output=$(go test -run '^$' -fuzz "^$2\$" -fuzztime "$3" -fuzzminimizetime 5s "./$1" 2>&1 | tee >(cat >&2)) ||
		[[ $output == *"context deadline exceeded"* && $output != *"Failing input written"* ]]
}

# run_bench prints one table of what it measures natively, in Node and in Chromium,
# and writes it to $1.
run_bench() {
	need_go
	find_chromium
	make_site 1 >&2
	go build -o dist/bench ./core/cmd/bench
	compile ./core/cmd/bench dist/bench.wasm
	go build -o dist/bench-browser ./wasm/bench
	dist/bench -json dist/bench-native.json >/dev/null
	node --stack-size=8192 wasm/node/start.mjs dist/bench.wasm -with dist/bench-native.json -json dist/bench-node.json >/dev/null
	dist/bench-browser -site "$site" -with dist/bench-node.json -json "$1"
}

case "${1:-help} ${2:-}" in
"help ") help ;;
"serve ") serve ;;
"build ") build ;;
"dist ") dist ;;
"edge ") edge ;;
"release ") release ;;
"generate ") generate ;;
"test ") run_tests ;;
"test full") SPLITQUANT_FULL=1 run_tests ;;
"bench ") run_bench dist/bench.json ;;
"bench --json") run_bench "${3:?which file}" ;;
"fuzz "*) run_fuzz "${2:-10m}" ;;
*)
	help >&2
	exit 2
	;;
esac
