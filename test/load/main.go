// Command load measures what a call costs the server: CPU time per call (user
// and system time of the server's process) and memory.
//
// A gRPC client, a server and a stub upstream are processes of their own. The
// servers take turns in one run, so that whatever else the machine does hits all
// of them:
//
//	floor        floor.go     reads the upstream's body and answers bytes that
//	                          were encoded before: what gRPC and HTTP cost alone
//	readall      floor.go     the same, reading with io.ReadAll
//	switchboard  process.go   the real binary, with all interceptors
//	usual        usual.go     a handler for each RPC, net/http, protojson
//	vanguard     vanguard.go  connectrpc.com/vanguard as a gRPC to REST proxy
//	proxy        proxy.go     with -rest: httputil.ReverseProxy
//
// Run it with `make load`; -rest measures the REST face, -memory memory instead.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	err := childOr(run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	inFlight := flag.Int("in-flight", 16, "calls in flight at any time")
	rounds := flag.Int("rounds", 5, "turns of each server")
	turn := flag.Duration("turn", time.Second, "length of a turn")
	rest := flag.Bool("rest", false, "call over REST, beside a reverse proxy")
	names := flag.String("servers", "", "who is measured; the ratios are to the first. switchboard@FILE is another build of it, switchboard+NAME=VALUE one with that variable in its environment. Default floor,readall,switchboard,usual,vanguard; proxy,switchboard over REST")
	answers := flag.String("payloads", "", "which answers, by name; empty for all, over REST for those of a GET")
	memory := flag.Bool("memory", false, "measure the memory of 1,000 concurrent calls of users_page_100 instead")
	profile := flag.String("cpuprofile", "", "profile switchboard alone, into this file")
	flag.Parse()

	if *rest && *answers == "" {
		// Not the POST: now and then the reverse proxy closes a connection whose
		// answer comes before it has seen the end of the request's body.
		*answers = "routing_status,user_expanded,users_page_100"
	}
	chosen, err := choose(*answers)
	if err != nil {
		return err
	}
	switch {
	case *profile != "":
		*names = "switchboard"
	case *names != "":
	case *rest:
		*names = "proxy,switchboard"
	default:
		*names = "floor,readall,switchboard,usual,vanguard"
	}
	rig, err := newRig(strings.Split(*names, ","), *rest)
	if err != nil {
		return err
	}
	defer rig.close()
	if *memory {
		return rig.memory(os.Stdout, 1000, 5*time.Second, 15*time.Second, time.Minute, 3*time.Minute)
	}
	var profiled errgroup.Group
	if *profile != "" {
		length := time.Duration(len(chosen)*(*rounds+1)) * *turn
		profiled.Go(func() error { return rig.servers[0].profile(max(1, int(length.Seconds())), *profile) })
	}
	table, err := rig.cpu(*inFlight, *rounds, *turn, chosen)
	if err := errors.Join(err, profiled.Wait()); err != nil {
		return err
	}
	fmt.Print(table)
	return nil
}
