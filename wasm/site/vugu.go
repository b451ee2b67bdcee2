package site

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// VuguScript returns the helper script that vugu evaluates when it starts,
// from the source of the vugu module in dir. The site serves it as a file:
// evaluating text needs 'unsafe-eval' in the Content-Security-Policy, loading
// a file of our own does not.
func VuguScript(dir string) (string, error) {
	name := filepath.Join(dir, "domrender", "renderer-js-script.go")
	source, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	_, literal, _ := strings.Cut(string(source), "\nconst jsHelperScript = ")
	literal, _, _ = strings.Cut(literal, "\n")
	script, err := strconv.Unquote(literal)
	if err != nil || !strings.Contains(script, "window.vuguRender=") {
		return "", fmt.Errorf("%s: no constant jsHelperScript that defines vuguRender", name)
	}
	return script, nil
}
