package vocab

// OrZero returns what p points to, or the zero value when it is absent.
func OrZero[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}

// Given returns nil for the zero value, which means that nothing is said.
func Given[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
