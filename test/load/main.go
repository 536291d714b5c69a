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
//
// Run it with `make load`; -memory measures memory instead.
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
	names := flag.String("servers", "floor,readall,switchboard,usual,vanguard", "who is measured; the ratios are to the first. switchboard+NAME=VALUE is one with that variable in its environment")
	answers := flag.String("payloads", "", "which answers, by name; empty for all")
	memory := flag.Bool("memory", false, "measure the memory of 1,000 concurrent calls of users_page_100 instead")
	profile := flag.String("cpuprofile", "", "profile switchboard alone, into this file")
	flag.Parse()

	chosen, err := choose(*answers)
	if err != nil {
		return err
	}
	if *profile != "" {
		*names = "switchboard"
	}
	rig, err := newRig(strings.Split(*names, ","))
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
