// Package archive reads the entries of a ZIP archive by range, which is what
// PyTorch checkpoints and NumPy's .npz files are.
//
// A stored entry is read where it lies. A deflated one is inflated from its
// start as far as it is asked for: reading on costs nothing extra, reading
// backwards begins again.
//
// The format is PKWARE's APPNOTE.TXT 6.3; the directory is read by archive/zip.
package archive
