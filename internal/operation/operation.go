// Package operation holds WHAT an RPC is upstream.
package operation

// Operation is one RPC.
type Operation struct{ Name string }
