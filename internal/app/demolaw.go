package app

import (
	"context"

	"github.com/beffroi/beffroi/internal/broker"
	"github.com/beffroi/beffroi/internal/govern/duty"
	"github.com/beffroi/beffroi/internal/store"
)

// demoHolder says who the invented city is: a French commune, so that its table
// of duties says what applies and not only what might.
func demoHolder() map[string]any {
	return map[string]any{"holder.kind": "publicSectorBody", "holder.country": "FR", "holder.territorial": true,
		"holder.population": 61000.0, "holder.fte": 900.0, "holder.ownRevenue": false, "holder.competentForReuse": true, "holder.nis2Listed": false}
}

// instruct tells the demo's law who the city is and enters one processing
// activity. What a steward told or entered is left as it is.
func instruct(ctx context.Context, s *duty.Service) error {
	call := broker.Call{Origin: store.Origin{Source: demoAccount}}
	told, err := s.Holder(ctx, call)
	if err != nil {
		return err
	}
	if len(told) == 0 {
		if err := s.TellHolder(ctx, call, demoHolder()); err != nil {
			return err
		}
	}
	all, err := s.Activities(ctx, call)
	if err != nil || len(all) > 0 {
		return err
	}
	return s.PutActivity(ctx, call, duty.Activity{ID: "requests", Name: "Answering requests for data / Répondre aux demandes de données", Role: "controller",
		Controller: duty.Party{Name: "Ville de Clairebeke", Contact: "mairie@city.example"}, Officer: duty.Party{Name: "Délégué à la protection des données (inventé)", Contact: "dpo@city.example"},
		Purposes: []string{"Instruire les demandes d’accès et de réutilisation, et y répondre"}, Basis: "RGPD, art. 6(1)(c)",
		Subjects: []string{"Demandeurs"}, Data: []string{"Nom", "Adresse", "Courriel", "Objet de la demande"}, Recipients: []string{"Service instructeur"},
		Retention: "Cinq ans après la décision", Measures: "Couche à part, droit d’intendance, effacement de l’état, de l’historique et du journal"})
}
