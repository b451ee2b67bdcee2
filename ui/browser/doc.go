// Package browser is the page's browser: it implements page.Host, and hands
// the page what vugu's events cannot carry. It builds for js/wasm only.
package browser
