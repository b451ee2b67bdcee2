// Package session is the engine's side of the protocol in package message,
// apart from where it runs: requests go in, replies come out, and files are
// io.ReaderAts. The worker gives it the browser's files; tests give it plain
// ones.
package session
