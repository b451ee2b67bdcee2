//go:build js && wasm

package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"syscall/js"
	"testing"
	"testing/iotest"
	"time"

	"splitquant/wasm/message"
)

func TestMain(m *testing.M) {
	if host().IsUndefined() {
		os.Stdout.WriteString("skipped: these tests need public/go.js; run them with -exec \"node wasm/node/start.mjs\"\n")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// noise returns n bytes that no two places share.
func noise(n int) []byte {
	p := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(p)
	return p
}

// newBlob makes a Blob by a way that is not ours.
func newBlob(p []byte) js.Value {
	a := js.Global().Get("Uint8Array").New(len(p))
	js.CopyBytesToJS(a, p)
	return js.Global().Get("Blob").New([]any{a})
}

// bytesOf reads a Blob by a way that is not ours.
func bytesOf(t *testing.T, blob js.Value) []byte {
	t.Helper()
	buffer, err := await(blob.Call("arrayBuffer"))
	if err != nil {
		t.Fatal(err)
	}
	a := js.Global().Get("Uint8Array").New(buffer)
	p := make([]byte, a.Length())
	js.CopyBytesToGo(p, a)
	return p
}

func TestFile(t *testing.T) {
	data := noise(readSize + readSize/2) // more than is read at once
	f := NewFile(newBlob(data))
	if f.Size != int64(len(data)) || f.Name != "" {
		t.Fatalf("size %d, name %q; want %d and none", f.Size, f.Name, len(data))
	}
	all := make([]byte, len(data))
	if n, err := f.ReadAt(all, 0); n != len(data) || err != nil {
		t.Fatalf("read %d bytes, error %v", n, err)
	}
	if !bytes.Equal(all, data) {
		t.Error("the file reads differently at once")
	}
	small := data[:1000]
	if err := iotest.TestReader(io.NewSectionReader(NewFile(newBlob(small)), 0, 1000), small); err != nil {
		t.Error(err)
	}
	if _, err := f.ReadAt(make([]byte, 1), -1); err == nil || err == io.EOF {
		t.Errorf("reading before the start: %v", err)
	}
}

// What is read little by little is asked for once, a block at a time, as long as
// the blocks are kept; the oracle is the data.
func TestFileInBlocks(t *testing.T) {
	data := noise((blocks+1)*block + 100)
	blob := newBlob(data)
	asked := 0
	count := js.FuncOf(func(_ js.Value, args []js.Value) any {
		asked++
		return js.Global().Get("Blob").Get("prototype").Get("slice").Call("call", blob, args[0], args[1])
	})
	defer count.Release()
	blob.Set("slice", count)
	f := NewFile(blob)
	read := func(at, n, want int) {
		t.Helper()
		p := make([]byte, n)
		asked = 0
		if m, err := f.ReadAt(p, int64(at)); m != n || err != nil || !bytes.Equal(p, data[at:at+n]) {
			t.Errorf("%d bytes at %d: %d, error %v", n, at, m, err)
		}
		if asked != want {
			t.Errorf("%d bytes at %d: the browser was asked %d times, want %d", n, at, asked, want)
		}
	}
	read(10, 100, 1)
	read(5000, 100, 0)
	read(block-50, 100, 1) // the second block, too
	read(3, block, 1)      // as it is
	for b := 2; b < blocks; b++ {
		read(b*block, 1, 1)
	}
	read(10, 1, 0) // used again, so it stays
	read(blocks*block, 1, 1)
	read(10, 1, 0)
	read(block+10, 1, 1) // the one that was used longest ago had to go
	read(len(data)-100, 100, 1)
}

// A hand is given what it was asked in that order, also from before it is ready.
func TestHandInOrder(t *testing.T) {
	global := js.Global()
	worker, posted := global.Get("Object").New(), global.Get("Array").New()
	post := js.FuncOf(func(_ js.Value, args []js.Value) any { return posted.Call("push", args[0].Get("text")) })
	start := js.FuncOf(func(js.Value, []js.Value) any { return worker })
	asset := js.FuncOf(func(_ js.Value, args []js.Value) any { return global.Get("Promise").Call("resolve", args[0]) })
	defer func() { post.Release(); start.Release(); asset.Release() }()
	worker.Set("postMessage", post)
	worker.Set("terminate", start)
	global.Set("startWorker", start)
	global.Set("asset", asset)
	defer func() { global.Delete("startWorker"); global.Delete("asset") }()

	h := StartHand("worker.js")
	var answers sync.WaitGroup
	ask := func(do string) {
		before := h.lastID
		answers.Go(func() {
			if r, _, err := h.Ask(message.Request{Do: do}, nil); err != nil || r.Error != do {
				t.Errorf("%s is answered by %+v, %v", do, r, err)
			}
		})
		for h.lastID == before {
			Yield()
		}
	}
	say := func(data map[string]any) { worker.Call("onmessage", map[string]any{"data": data}) }
	ask("open")
	ask("prepare")
	for h.worker == nil {
		Yield()
	}
	if posted.Length() != 0 {
		t.Error("it was sent something before it was ready")
	}
	say(map[string]any{"ready": true})
	for !h.ready {
		Yield()
	}
	ask("task")
	for i, do := range []string{"open", "prepare", "task"} {
		var r message.Request
		if err := json.Unmarshal([]byte(posted.Index(i).String()), &r); err != nil || r.Do != do || r.ID != i+1 {
			t.Errorf("message %d is %+v, want %s; %v", i, r, do, err)
		}
		say(map[string]any{"text": fmt.Sprintf(`{"id":%d,"final":true,"error":%q}`, i+1, do)})
	}
	answers.Wait()
	h.Stop()
	if _, _, err := h.Ask(message.Request{}, nil); err == nil {
		t.Error("a hand that was stopped answers")
	}
}

// A File that changed on disk rejects all reads.
func TestFileThatCannotBeRead(t *testing.T) {
	broken := js.Global().Get("Object").New()
	broken.Set("size", 10)
	broken.Set("name", "gone.onnx")
	self := js.FuncOf(func(this js.Value, _ []js.Value) any { return this })
	defer self.Release()
	reject := js.FuncOf(func(js.Value, []js.Value) any {
		return js.Global().Get("Promise").Call("reject", js.Global().Get("Error").New("it has moved"))
	})
	defer reject.Release()
	broken.Set("slice", self)
	broken.Set("arrayBuffer", reject)
	n, err := NewFile(broken).ReadAt(make([]byte, 4), 2)
	if want := "gone.onnx: bytes 0 to 10: it has moved"; n != 0 || err == nil || err.Error() != want {
		t.Errorf("got %d, %v; want %s", n, err, want)
	}
}

func TestStore(t *testing.T) {
	data := noise(5*chunk + 12345) // some in Blobs, some in the tail
	var s Store
	rest := data
	for _, n := range []int{0, 1, 5000, chunk, 3*chunk + 7, len(data)} {
		n = min(n, len(rest))
		if m, err := s.Write(rest[:n]); m != n || err != nil {
			t.Fatalf("wrote %d of %d, error %v", m, n, err)
		}
		rest = rest[n:]
	}
	if s.Size() != int64(len(data)) || s.kept != 0 || len(s.parts) != 5 {
		t.Fatalf("%d bytes, %d in memory, %d parts", s.Size(), s.kept, len(s.parts))
	}
	got := make([]byte, len(data))
	if n, err := s.ReadAt(got, 0); n != len(data) || err != nil || !bytes.Equal(got, data) {
		t.Fatalf("reads %d bytes, error %v, equal %t", n, err, bytes.Equal(got, data))
	}
	for _, at := range []int{0, chunk - 3, 4*chunk - 3, 5*chunk - 3, len(data) - 6} {
		p := make([]byte, 6)
		if _, err := s.ReadAt(p, int64(at)); err != nil || !bytes.Equal(p, data[at:at+6]) {
			t.Errorf("at %d: %x, error %v, want %x", at, p, err, data[at:at+6])
		}
	}
	if n, err := s.ReadAt(make([]byte, 6), int64(len(data)-2)); n != 2 || err != io.EOF {
		t.Errorf("across the end: %d bytes, error %v", n, err)
	}
	if !bytes.Equal(blobOf(t, &s), data) {
		t.Error("the Blob differs from what was written")
	}
	if s.Write([]byte("more")); !bytes.Equal(blobOf(t, &s)[len(data):], []byte("more")) {
		t.Error("the Blob lacks what was written after it was first asked for")
	}
}

func blobOf(t *testing.T, s *Store) []byte {
	t.Helper()
	blob, err := s.Blob()
	if err != nil {
		t.Fatal(err)
	}
	return bytesOf(t, blob)
}

// pieces reads several readers of equal size as one, and says so.
type pieces struct {
	io.ReaderAt
	of   []io.ReaderAt
	size int64
}

func (p pieces) Sections(off, n int64) (sections []*io.SectionReader) {
	for n > 0 {
		m := min(n, p.size-off%p.size)
		sections = append(sections, io.NewSectionReader(p.of[off/p.size], off%p.size, m))
		off, n = off+m, n-m
	}
	return sections
}

// What lies with the browser is not read, whoever holds it; the oracle is the
// same bytes, written.
func TestStoreShares(t *testing.T) {
	data := noise(3*borrow + 100)
	file := NewFile(newBlob(data))
	var spool Store
	spool.Write(noise(chunk + 3))
	put, err := spool.Put(data)
	if err != nil {
		t.Fatal(err)
	}
	joined := pieces{of: []io.ReaderAt{io.NewSectionReader(file, 0, 2*borrow), io.NewSectionReader(file, 2*borrow, borrow+100)}, size: 2 * borrow}
	var s Store
	var want []byte
	for _, c := range []struct {
		name    string
		r       io.ReaderAt
		from, n int64
		shared  bool
	}{
		{"file", file, 7, 2 * borrow, true},
		{"little of a file", file, 7, 100, false},
		{"spool", put, 50, 3 * borrow, true},
		{"pieces", joined, 5, 3 * borrow, true},
		{"memory", bytes.NewReader(data), 5, 2 * borrow, false},
	} {
		before := len(s.parts)
		section := io.NewSectionReader(c.r, c.from, c.n)
		section.Seek(3, io.SeekStart)
		n, err := io.Copy(&s, section)
		if err != nil || n != c.n-3 {
			t.Fatalf("%s: %d of %d bytes, error %v", c.name, n, c.n-3, err)
		}
		want = append(want, data[c.from+3:c.from+c.n]...)
		if shared := len(s.parts) > before && !s.parts[len(s.parts)-1].blob.IsUndefined(); shared != c.shared {
			t.Errorf("%s: shared %t, want %t", c.name, shared, c.shared)
		}
		s.Write([]byte{1, 2, 3})
		want = append(want, 1, 2, 3)
	}
	got := make([]byte, len(want))
	if _, err := s.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
		t.Errorf("other bytes are read; error %v", err)
	}
	if !bytes.Equal(blobOf(t, &s), want) {
		t.Error("other bytes in the Blob")
	}
}

// What a spool has given out stays readable when later bytes push it to a Blob.
func TestStorePut(t *testing.T) {
	var s Store
	s.Write(make([]byte, chunk))
	p := []byte("lower")
	r, err := s.Put(p)
	if err != nil {
		t.Fatal(err)
	}
	copy(p, "XXXXX")
	if len(s.parts) != 1 || len(s.tail) != len(p) {
		t.Fatal("not in the tail")
	}
	s.Put(make([]byte, 2*chunk))
	got := make([]byte, 5)
	if _, err := r.ReadAt(got, 0); err != nil || string(got) != "lower" {
		t.Errorf("got %q, error %v", got, err)
	}
}

func TestAwait(t *testing.T) {
	promise := js.Global().Get("Promise")
	if v, err := await(promise.Call("resolve", 7)); err != nil || v.Int() != 7 {
		t.Errorf("got %v, %v", v, err)
	}
	if _, err := await(promise.Call("reject", js.Global().Get("Error").New("no"))); err == nil || err.Error() != "no" {
		t.Errorf("got %v", err)
	}
}

// Yield lets events of the browser in; a switch of goroutines does not.
func TestYield(t *testing.T) {
	arrived := false
	f := js.FuncOf(func(js.Value, []js.Value) any { arrived = true; return nil })
	defer f.Release()
	js.Global().Call("setTimeout", f, 0)
	for end := time.Now().Add(10 * time.Millisecond); time.Now().Before(end); {
	}
	if arrived {
		t.Fatal("an event came in while Go was computing")
	}
	for range 100 {
		if Yield(); arrived {
			return
		}
	}
	t.Error("no event came in")
}

func TestQueue(t *testing.T) {
	q := newQueue[int]()
	go func() {
		for i := range 5 {
			q.put(i)
			Yield()
		}
	}()
	var got []int
	for len(got) < 5 {
		got = append(got, q.take()...)
	}
	for i, v := range got {
		if v != i {
			t.Fatalf("got %v", got)
		}
	}
}

// Several goroutines put pieces while the store waits for the browser: each gets
// its own back.
func TestStoreOfSeveral(t *testing.T) {
	const pieces, size = 24, chunk + 1000
	var s Store
	var all sync.WaitGroup
	for i := range pieces {
		all.Go(func() {
			r, err := s.Put(bytes.Repeat([]byte{byte(i + 1)}, size))
			if err != nil {
				t.Error(err)
				return
			}
			got := make([]byte, size)
			if _, err := r.ReadAt(got, 0); err != nil || bytes.Count(got, []byte{byte(i + 1)}) != size {
				t.Errorf("piece %d: %d bytes are not its own, error %v", i, size-bytes.Count(got, []byte{byte(i + 1)}), err)
			}
		})
	}
	all.Wait()
	if s.Size() != pieces*size {
		t.Errorf("the store has %d bytes, want %d", s.Size(), pieces*size)
	}
}
