package report

// Binned makes the Service count every cohort in bins.
func (s *Service) Binned() *Service {
	s.exact = -1
	return s
}

// Kept is how many blocks the Service keeps, and how many of its counters are free and there at all.
func (s *Service) Kept() (blocks, free, counters int) {
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	return len(s.kept.all), len(s.counters), cap(s.counters)
}
