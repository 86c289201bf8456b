// Package app builds the whole from a configuration, and starts and stops its
// parts in order. It is the only package that knows all drivers, facades and
// connectors, and it knows them by name.
package app
