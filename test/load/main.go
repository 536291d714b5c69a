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
	names := flag.String("servers", "floor,readall,switchboard,usual,vanguard", "who is measured; the ratios are to the first. switchboard+NAME=VALUE is one with that variable in its environment")
	answers := flag.String("payloads", "", "which answers, by name; empty for all")
	memory := flag.Bool("memory", false, "measure the memory of 1,000 concurrent calls of users_page_100 instead")
	profile := flag.String("cpuprofile", "", "profile switchboard alone, into this file")
	flag.Parse()

	if *profile != "" {
		*names = "switchboard"
	}
	rig, err := newRig(strings.Split(*names, ","))
	fail(err)
	defer rig.close()
	if *memory {
		fail(rig.memory(os.Stdout, 1000))
		return
	}
	profiled := make(chan error, 1)
	profiled <- nil
	if *profile != "" {
		<-profiled
		n := len(payloads)
		if *answers != "" {
			n = len(strings.Split(*answers, ","))
		}
		length := time.Duration(n*(*rounds+1)) * *turn
		go func() { profiled <- rig.servers[0].profile(int(length.Seconds()), *profile) }()
	}
	table, err := rig.cpu(*inFlight, *rounds, *turn, *answers)
	fail(err)
	fail(<-profiled)
	fmt.Print(table)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
