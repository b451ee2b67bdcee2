//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test program be the command, for what only a process shows.
func TestMain(m *testing.M) {
	if os.Getenv("SPLITQUANT_MAIN") != "" {
		main()
	}
	if os.Getenv("SPLITQUANT_WATCH") != "" {
		watch()
		return
	}
	os.Exit(m.Run())
}

// watch lets the test program run itself as the command, and print the most
// memory that it had in kB. A process counts what the one that started it had,
// so that one must be small.
func watch() {
	c := exec.Command(os.Args[0], os.Args[1:]...)
	c.Env = append(os.Environ(), "SPLITQUANT_MAIN=1")
	c.Run() // some fail, and are meant to
	fmt.Print(c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
}

func start(t *testing.T, args ...string) (c *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	stderr = new(bytes.Buffer)
	c = exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), "SPLITQUANT_MAIN=1")
	c.Stderr = stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	return c, stderr
}

// Every signal that asks a program to end leaves no file behind.
func TestSignals(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		dir := t.TempDir()
		c, stderr := start(t, "frontier", digits, "-o", filepath.Join(dir, "f.svg"))
		for len(list(t, dir)) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		c.Process.Signal(s)
		c.Wait()
		if c.ProcessState.ExitCode() != 1 || stderr.String() != "splitquant: interrupted\n" {
			t.Errorf("%v: %v, %q", s, c.ProcessState, stderr)
		}
		if names := list(t, dir); len(names) > 0 {
			t.Errorf("%v left %v", s, names)
		}
	}
}

// A second signal ends a program that does not heed the first: here, one that
// waits for somebody to read what it will write.
func TestSecondSignal(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	c, _ := start(t, "quantize", digits, "-o", fifo)
	ended := make(chan struct{})
	go func() {
		c.Wait()
		close(ended)
	}()
	for range 600 {
		select {
		case <-ended:
			if s, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || !s.Signaled() {
				t.Errorf("it ended by itself: %v", c.ProcessState)
			}
			return
		case <-time.After(100 * time.Millisecond):
			c.Process.Signal(os.Interrupt)
		}
	}
	t.Fatal("it goes on in spite of all signals")
}
