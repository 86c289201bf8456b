package app

import "errors"

// mistake is an error of the configuration that shows only once what it names
// is read: a mapping, a certificate, a preloaded @context.
type mistake struct{ err error }

func (m *mistake) Error() string { return m.err.Error() }
func (m *mistake) Unwrap() error { return m.err }

// IsConfiguration tells whether err is a mistake in the configuration: starting
// again does not help, correcting what the error names does.
func IsConfiguration(err error) bool {
	var m *mistake
	return errors.As(err, &m)
}
