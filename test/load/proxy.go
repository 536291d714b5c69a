package main

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// newProxy is the least that can stand between a REST client and the upstream: the
// standard library's reverse proxy, with enough connections and pooled buffers.
func newProxy(upstream string) (http.Handler, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{
		Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:  newClient().Transport,
		BufferPool: &proxyBuffers{},
	}, nil
}

type proxyBuffers struct{ pool sync.Pool }

func (b *proxyBuffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, 32<<10)
}

func (b *proxyBuffers) Put(p []byte) { b.pool.Put(&p) }
