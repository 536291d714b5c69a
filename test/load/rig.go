package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// rig is everything that runs.
type rig struct {
	dir     string
	stub    *process
	servers []*server
}

type server struct {
	*process
	conn *grpc.ClientConn // nil: it is called over REST
	rest *http.Client
}

func newRig(names []string, rest bool) (_ *rig, err error) {
	r := &rig{}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if r.dir, err = os.MkdirTemp("", "load"); err != nil {
		return nil, err
	}
	if r.stub, err = start("stub"); err != nil {
		return nil, err
	}
	for _, name := range names {
		var p *process
		upstream := "http://" + r.stub.addr
		if variant, ok := strings.CutPrefix(name, "switchboard"); ok {
			binary, env, _ := strings.Cut(variant, "+")
			p, err = startSwitchboard(r.dir, upstream, strings.TrimPrefix(binary, "@"), strings.FieldsFunc(env, func(c rune) bool { return c == '+' }))
		} else {
			p, err = start(name, upstream)
		}
		if err != nil {
			return nil, err
		}
		s := &server{process: p}
		r.servers = append(r.servers, s)
		if rest {
			s.rest = newClient()
			continue
		}
		s.conn, err = grpc.NewClient(p.addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *rig) close() {
	for _, s := range r.servers {
		if s.conn != nil {
			_ = s.conn.Close()
		}
		_ = s.stop()
	}
	if r.stub != nil {
		_ = r.stub.stop()
	}
	_ = os.RemoveAll(r.dir)
}

// cost is what calls have used.
type cost struct {
	cpu   time.Duration
	calls int64
}

func (c cost) perCall() float64 { return float64(c.cpu.Microseconds()) / float64(c.calls) }

// cpu lets the servers take turns and returns a table of their CPU time per
// call.
func (r *rig) cpu(inFlight, rounds int, turn time.Duration, chosen []payload) (string, error) {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "µs of CPU per call\t")
	for _, s := range r.servers {
		fmt.Fprintf(w, "%s\t", s.name)
	}
	for _, s := range r.servers[1:] {
		fmt.Fprintf(w, "%s/%s\t", s.name, r.servers[0].name)
	}
	fmt.Fprintln(w)
	for _, p := range chosen {
		used := make([]cost, len(r.servers))
		for round := range rounds + 1 {
			for i, s := range r.servers {
				c, err := s.turn(p, inFlight, turn)
				if err != nil {
					return "", fmt.Errorf("%s, %s: %w", s.name, p.name, err)
				}
				if round > 0 { // the first is to get warm
					used[i].cpu += c.cpu
					used[i].calls += c.calls
				}
			}
		}
		fmt.Fprintf(w, "%s\t", p.name)
		for _, c := range used {
			fmt.Fprintf(w, "%.1f\t", c.perCall())
		}
		for _, c := range used[1:] {
			fmt.Fprintf(w, "%.2f\t", c.perCall()/used[0].perCall())
		}
		fmt.Fprintln(w)
	}
	err := w.Flush()
	return out.String(), err
}

// call makes one call and reads its answer.
func (s *server) call(ctx context.Context, p payload) error {
	if s.conn != nil {
		_, err := p.call(ctx, s.conn)
		return err
	}
	_, err := s.get(ctx, p, io.Discard)
	return err
}

// get makes one call over REST and copies its answer.
func (s *server) get(ctx context.Context, p payload, into io.Writer) (int64, error) {
	verb, path := p.verbAndPath()
	body := ""
	if verb == http.MethodPost {
		body = `{"interval":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"}`
	}
	r, err := http.NewRequestWithContext(ctx, verb, "http://"+s.http+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer t")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Encoding", "identity") // or half of the cost is to compress
	answer, err := s.rest.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the answer is %s", answer.Status)
	}
	return io.Copy(into, answer.Body)
}

// turn keeps calls in flight for a while.
func (s *server) turn(p payload, inFlight int, length time.Duration) (cost, error) {
	before, err := s.process.cpu()
	if err != nil {
		return cost{}, err
	}
	var calls atomic.Int64
	var all errgroup.Group
	end := time.Now().Add(length)
	for range inFlight {
		all.Go(func() error {
			for time.Now().Before(end) {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				err := s.call(ctx, p)
				cancel()
				if err != nil {
					return err
				}
				calls.Add(1)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return cost{}, err
	}
	after, err := s.process.cpu()
	return cost{after - before, calls.Load()}, err
}

// memory tells what many large answers at once do to each server's resident
// memory, and how much of it is left some times after.
func (r *rig) memory(w io.Writer, concurrent int, after ...time.Duration) error {
	pages, err := choose("users_page_100")
	if err != nil {
		return err
	}
	page := pages[0]
	for _, s := range r.servers {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := s.call(ctx, page); err != nil {
			return err
		}
		idle, err := s.resident("VmRSS")
		if err != nil {
			return err
		}
		start := time.Now()
		for range 3 {
			var all errgroup.Group
			for range concurrent {
				all.Go(func() error { return s.call(ctx, page) })
			}
			if err := all.Wait(); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		took := time.Since(start)
		highest, err := s.resident("VmHWM")
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s: %d calls of %s at once, three times, in %v: %d MiB before, at most %d MiB",
			s.name, concurrent, page.name, took.Round(time.Millisecond), idle>>20, highest>>20)
		end := time.Now()
		for _, at := range after {
			time.Sleep(time.Until(end.Add(at)))
			now, err := s.resident("VmRSS")
			if err != nil {
				return err
			}
			fmt.Fprintf(w, ", %d MiB %v later", now>>20, at)
		}
		fmt.Fprintln(w)
	}
	return nil
}
