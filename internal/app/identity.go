package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/beffroi/beffroi/internal/api/ngsild"
)

// identity tells this server from every other (CIM 009, 5.15). It stays with
// the data folder; a backup that is restored elsewhere is another server.
func (a *App) identity() ngsild.Identity {
	h := a.st.Header()
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", h.CreatedAt, h.Epoch, h.MadeBy))
	return ngsild.Identity{Key: hex.EncodeToString(sum[:12]), Alias: a.cfg.NGSILD.Alias, Since: a.clock.Instant()}
}
