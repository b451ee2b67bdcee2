// Package site makes the static site complete and serves it.
//
// build.sh copies public/ and the WebAssembly programs to one folder.
// [VuguScript] adds the script that lets vugu start under a strict
// Content-Security-Policy, [Compress] puts a .br and a .gz file beside every
// file that gains from it, and [Handler] serves the folder with the headers
// in [Headers]. The site needs none of this to work: every address in it is
// relative, so any folder of any static host will do.
package site
