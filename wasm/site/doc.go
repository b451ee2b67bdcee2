// Package site makes the static site, and serves it.
//
// build.sh copies public/ and the WebAssembly programs to one folder. [Read]
// reads it and joins scripts, [Files.Site] gives every file an address that
// holds a hash of its content, [Compress] puts a .br and a .gz file beside
// every file that gains from it, and [Handler] serves the folder with the
// headers in [Headers]. [VuguScript] is the script that lets vugu start under
// a strict Content-Security-Policy.
//
// Page and workers find files by name: public/assets.js knows their addresses.
// The site needs no server of ours: every address in it is relative, so any
// folder of any static host will do.
package site
