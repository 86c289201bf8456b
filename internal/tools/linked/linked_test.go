package linked

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIdentify(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"MIT": {"Permission is hereby granted, free of charge, to any person obtaining a copy\nof it. THE SOFTWARE IS PROVIDED \"AS IS\"", "MIT"},
		"BSD with three clauses": {
			"Redistribution and use in source and\n binary forms ... may be used to endorse or promote products", "BSD-3-Clause"},
		"BSD with two clauses": {"Redistribution and use in source and binary forms", "BSD-2-Clause"},
		"the GPL itself": {
			"GNU GENERAL PUBLIC LICENSE Version 2, June 1991. Everyone is permitted to copy and distribute verbatim copies of this license document. Preamble", "GPL"},
		"the AGPL itself": {"GNU AFFERO GENERAL PUBLIC LICENSE\n Version 3, 19 November 2007", "AGPL-3.0"},
		"a licence that names the GPL as its friend": {
			"Eclipse Public License - v 2.0 ... Secondary License means the GNU General Public License, Version 2.0", "EPL-2.0"},
		"something else": {"You may not use this.", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Identify(tt.text); got != tt.want {
				t.Errorf("Identify = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCopyleft(t *testing.T) {
	for id, want := range map[string]bool{"MIT": false, "GPL": true, "AGPL-3.0": true, "MIT AND LGPL": true, "EPL-2.0 AND BSD-3-Clause": false} {
		if got := Copyleft(id); got != want {
			t.Errorf("Copyleft(%q) = %v", id, got)
		}
	}
}

func TestTextsAsksForALicence(t *testing.T) {
	dir := t.TempDir()
	if _, err := Texts(dir); err == nil || !strings.Contains(err.Error(), "no licence file") {
		t.Errorf("an empty folder: %v", err)
	}
	write := func(name, body string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("LICENSE", "secret sauce")
	if _, err := Texts(dir); err == nil || !strings.Contains(err.Error(), "not recognised") {
		t.Errorf("an unknown licence: %v", err)
	}
	write("LICENSE", "CC0 1.0 Universal")
	write("NOTICE", "made by us")
	got, err := Texts(dir)
	if err != nil || len(got) != 2 || got[0].ID != "CC0-1.0" || got[1].ID != "" {
		t.Errorf("Texts = %+v, %v", got, err)
	}
}
