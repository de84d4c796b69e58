package asuser

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
)

// A maker makes what tests ask for, each thing once, as whoever started the tests.
type maker struct {
	dir  string
	make func(dir, thing string) error
	once sync.Map // by the thing, a func() error
}

// socketIn is where the maker listens. A descriptor that the tests inherit would be inherited by
// what they start, too.
func socketIn(dir string) string { return dir + "/ask" }

// listen serves requests for things until the process ends. Only the user that the tests become may
// ask.
func (m *maker) listen() error {
	listener, err := net.Listen("unix", socketIn(m.dir))
	if err != nil {
		return err
	}
	if err := os.Chmod(socketIn(m.dir), 0o600); err != nil {
		return err
	}
	if becomes() {
		err = os.Chown(socketIn(m.dir), ID, ID)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go m.answer(conn)
		}
	}()
	return err
}

// answer reads the name of a thing up to the end of the request, and answers with the error, or
// with nothing.
func (m *maker) answer(conn net.Conn) {
	defer conn.Close()
	thing, err := io.ReadAll(conn)
	if err == nil {
		err = m.get(string(thing))
	}
	if err != nil {
		_, _ = io.WriteString(conn, err.Error()) // who asked and went away needs no answer
	}
}

func (m *maker) get(thing string) error {
	once, _ := m.once.LoadOrStore(thing, sync.OnceValue(func() error { return m.make(m.dir, thing) }))
	return once.(func() error)()
}

// Ask has a thing made by the function that MainMaking was given, unless it is there already, and
// waits for it.
func Ask(thing string) error {
	conn, err := net.Dial("unix", socketIn(os.Getenv(Dir)))
	if err != nil {
		return fmt.Errorf("ask for %s: %w", thing, err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, thing); err != nil {
		return fmt.Errorf("ask for %s: %w", thing, err)
	}
	if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
		return fmt.Errorf("ask for %s: %w", thing, err)
	}
	answer, err := io.ReadAll(conn)
	if err == nil && len(answer) > 0 {
		err = fmt.Errorf("%s", strings.TrimSpace(string(answer)))
	}
	if err != nil {
		return fmt.Errorf("cannot get %s: %w", thing, err)
	}
	return nil
}
