package pool

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrDrained is returned by Submit after Close.
var ErrDrained = errors.New("pool: drained")

const (
	defaultSize  = 12
	defaultQueue = 256
	idleAfter    = 95 * time.Second
	graceOnClose = 7 * time.Second
)

type Pool struct {
	mu     sync.RWMutex
	jobs   chan func(context.Context)
	closed bool
}

func New(size int) *Pool {
	if size <= 0 {
		size = defaultSize
	}
	p := &Pool{jobs: make(chan func(context.Context), defaultQueue)}
	for i := 0; i < size; i++ {
		go p.loop()
	}
	return p
}

func (p *Pool) Submit(job func(context.Context)) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return ErrDrained
	}
	p.jobs <- job
	return nil
}
