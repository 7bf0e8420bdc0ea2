package meili

import "sync"

// A memo keeps lists that took long to find in a segment, which never changes: of the words of a query all but the one being typed are
// those of the key press before. It begins anew when it is full.
type memo[E any] struct {
	most int // elements

	mu    sync.Mutex
	lists map[string][]E
	size  int
}

func newMemo[E any](most int) *memo[E] { return &memo[E]{most: most, lists: map[string][]E{}} }

func (m *memo[E]) get(key string) (list []E, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list, ok = m.lists[key]
	return list, ok
}

// put keeps a list, unless it is so long that hardly any other would find room. Nobody may change it afterwards.
func (m *memo[E]) put(key string, list []E) {
	size := len(list) + 1
	if size > m.most/4 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.size+size > m.most {
		clear(m.lists)
		m.size = 0
	}
	if _, ok := m.lists[key]; !ok {
		m.lists[key] = list
		m.size += size
	}
}
