package engine

import "context"

type verbatimKey struct{}

// WithVerbatim marks a call whose query and body are passed on as they came.
func WithVerbatim(ctx context.Context, v *Verbatim) context.Context {
	return context.WithValue(ctx, verbatimKey{}, v)
}

// VerbatimOf returns what WithVerbatim set, or nil.
func VerbatimOf(ctx context.Context) *Verbatim {
	v, _ := ctx.Value(verbatimKey{}).(*Verbatim)
	return v
}
