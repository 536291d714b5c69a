// Command load measures what a call costs the server: CPU time per call (user
// and system time of the server's process) and memory.
//
// A gRPC client, a server and a stub upstream are processes of their own. The
// servers take turns in one run, so that whatever else the machine does hits all
// of them:
//
//	floor        floor.go     reads the upstream's body and answers bytes that
//	                          were encoded before: what gRPC and HTTP cost alone
//	switchboard  process.go   the real binary, with all interceptors
//	usual        usual.go     a handler for each RPC, net/http, protojson
//	vanguard     vanguard.go  connectrpc.com/vanguard as a gRPC to REST proxy
//
// Run it with `make load`; -memory measures memory instead.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "child" {
		fail(child(os.Args[2], os.Args[3:]))
		return
	}
	inFlight := flag.Int("in-flight", 16, "calls in flight at any time")
	rounds := flag.Int("rounds", 5, "turns of each server")
	turn := flag.Duration("turn", time.Second, "length of a turn")
	names := flag.String("servers", "floor,switchboard,usual,vanguard", "who is measured; the ratios are to the first")
	payloads := flag.String("payloads", "", "which answers, by name; empty for all")
	memory := flag.Bool("memory", false, "measure the memory of 1,000 concurrent calls of users_page_100 instead")
	profile := flag.String("cpuprofile", "", "file for a CPU profile of switchboard, for `go tool pprof` or as a default.pgo")
	flag.Parse()

	rig, err := newRig(strings.Split(*names, ","), *profile)
	fail(err)
	defer rig.close()
	if *memory {
		fail(rig.memory(os.Stdout, 1000))
		return
	}
	table, err := rig.cpu(*inFlight, *rounds, *turn, *payloads)
	fail(err)
	fmt.Print(table)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
