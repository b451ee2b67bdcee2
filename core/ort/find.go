package ort

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// ErrNotAvailable is returned where ONNX Runtime cannot be used at all.
var ErrNotAvailable = errors.New("ONNX Runtime is not available: this program was built without cgo")

// EnvLib names the environment variable that holds the path of the library.
const EnvLib = "ORT_LIB"

// Find returns the path of the ONNX Runtime library: the one that ORT_LIB
// names, else the one of npm's onnxruntime-node under public/vendor in the
// working directory or one above it.
func Find() (path string, err error) {
	if path = os.Getenv(EnvLib); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s: %w", EnvLib, err)
		}
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("looking for ONNX Runtime: %w", err)
	}
	for {
		// A malformed pattern is the only error Glob knows, and ours is fine.
		if found, _ := filepath.Glob(filepath.Join(dir, "public", "vendor", npmLibrary())); len(found) > 0 {
			return found[0], nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("ONNX Runtime was not found: set %s to its library, or run \"npm ci --ignore-scripts\" in public/vendor", EnvLib)
		}
		dir = up
	}
}

// npmLibrary is the pattern of the library's path in a folder with
// node_modules, as onnxruntime-node lays it out for this machine.
func npmLibrary() string {
	system, name := runtime.GOOS, "libonnxruntime.so*"
	switch system {
	case "darwin":
		name = "libonnxruntime.*dylib"
	case "windows":
		system, name = "win32", "onnxruntime.dll"
	}
	processor := runtime.GOARCH
	if processor == "amd64" {
		processor = "x64"
	}
	return filepath.Join("node_modules", "onnxruntime-node", "bin", "napi-v*", system, processor, name)
}
