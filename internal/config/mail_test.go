package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMailIsChecked(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, says := range map[string]string{
		"server = 'smtp.city.example:465'\nfrom = 'City <data@city.example>'":                                                                   "",
		"server = 'smtp.city.example:465'\nfrom = 'data@city.example'\nuser = 'u'\npassword_file = '" + secret + "'\nnotices = ['a@b.example']": "",
		"server = 'smtp.city.example'\nfrom = 'data@city.example'":                                                                              "beffroi.toml:2: mail.server",
		"server = 'smtp.city.example:465'":                                                                                                      "mail.from",
		"server = 'smtp.city.example:465'\nfrom = 'data@city.example'\nuser = 'u'":                                                              "mail.user: user and password_file go together",
		"server = 'smtp.city.example:465'\nfrom = 'data@city.example'\nuser = 'u'\npassword_file = '/none'":                                     "mail.password_file: it cannot be read",
		"server = 'smtp.city.example:465'\nfrom = 'data@city.example'\ntls = 'none'":                                                            "mail.tls",
		"server = 'smtp.city.example:465'\nfrom = 'data@city.example'\nca = '/none'":                                                            "mail.ca",
		"notices = ['a@b.example']": "mail.notices: notices cannot be sent without mail.server",
		"server = 'smtp.city.example:465'\nfrom = 'data@city.example'\nnotices = [\"a@b.example\\r\\nBcc: c@d.example\"]": "mail.notices",
	} {
		file := filepath.Join(dir, "beffroi.toml")
		if err := os.WriteFile(file, []byte("[mail]\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(file, nil)
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
