package identity

import (
	"context"
	"time"

	"github.com/beffroi/beffroi/internal/access"
)

// Register is one kind of credentials seen as a list that an administrator
// looks after: accounts, tokens or devices.
type Register struct {
	list   func() any
	add    func(ctx context.Context, d access.Draft) (string, error)
	revoke func(ctx context.Context, name string) error
	reset  func(ctx context.Context, name string) (string, error)
}

// List gives what there is, by name, without secrets.
func (r Register) List() any { return r.list() }

// Add makes one and gives its secret. Errors: as AddUser, AddToken, AddDevice.
func (r Register) Add(ctx context.Context, d access.Draft) (secret string, err error) {
	return r.add(ctx, d)
}

// Revoke removes one. Errors: problem.ResourceNotFound.
func (r Register) Revoke(ctx context.Context, name string) error { return r.revoke(ctx, name) }

// Reset gives one a new secret. Errors: problem.ResourceNotFound.
func (r Register) Reset(ctx context.Context, name string) (secret string, err error) {
	return r.reset(ctx, name)
}

// UserRegister gives the accounts.
func (s *Service) UserRegister() Register {
	return Register{
		list: func() any { return orEmpty(s.Users()) },
		add: func(ctx context.Context, d access.Draft) (string, error) {
			role, err := access.ParseRole(d.Role)
			if err != nil {
				return "", err
			}
			return s.AddUser(ctx, d.Name, role, d.Password)
		},
		revoke: s.RevokeUser,
		reset:  func(ctx context.Context, name string) (string, error) { return s.ResetUser(ctx, name, "", "") },
	}
}

// TokenRegister gives the API tokens.
func (s *Service) TokenRegister() Register {
	return Register{
		list: func() any { return orEmpty(s.Tokens()) },
		add: func(ctx context.Context, d access.Draft) (string, error) {
			role, err := access.ParseRole(d.Role)
			if err != nil {
				return "", err
			}
			return s.AddToken(ctx, d.Name, role, time.Duration(d.Days)*24*time.Hour)
		},
		revoke: s.RevokeToken,
		reset:  s.ResetToken,
	}
}

// DeviceRegister gives the devices.
func (s *Service) DeviceRegister() Register {
	return Register{
		list:   func() any { return orEmpty(s.Devices()) },
		add:    func(ctx context.Context, d access.Draft) (string, error) { return s.AddDevice(ctx, d.Name, d.Sources) },
		revoke: s.RevokeDevice,
		reset:  s.ResetDevice,
	}
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
