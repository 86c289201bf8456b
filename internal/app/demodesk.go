package app

import (
	"context"
	"time"

	"github.com/beffroi/beffroi/internal/govern/deadline"
	"github.com/beffroi/beffroi/internal/govern/desk"
	"github.com/beffroi/beffroi/internal/govern/law"
)

// demoAccount enters what the demo's desk has done.
const demoAccount = "demo"

// furnish gives the demo's desk something to do: requests of invented people in
// every state, fees, an arrangement, wishes. A desk that has a request is left
// as it is.
func furnish(ctx context.Context, d *desk.Service, now time.Time) error {
	there, err := d.List(ctx)
	if err != nil || len(there) > 0 {
		return err
	}
	if err := furnishRegisters(ctx, d); err != nil {
		return err
	}
	for _, q := range demoRequests() {
		r, _, err := d.Receive(ctx, q.Asked, "email", now.AddDate(0, 0, -q.days), demoAccount)
		if err != nil {
			return err
		}
		for _, a := range q.acts {
			a.By = demoAccount
			if r, err = d.Do(ctx, r.ID, a); err != nil {
				return err
			}
		}
		if q.verdict != nil {
			if r, _, err = d.Decide(ctx, r.ID, *q.verdict); err != nil {
				return err
			}
		}
		for i := range r.Letters[:min(q.sent, len(r.Letters))] {
			if _, err = d.Send(ctx, r.ID, i+1, d.Today(), "email", demoAccount); err != nil {
				return err
			}
		}
	}
	return nil
}

// demoRequest is a request that came some days ago, and what was done since.
type demoRequest struct {
	desk.Asked
	days    int
	acts    []desk.Act
	verdict *desk.Verdict
	sent    int // letters that went out
}

func demoRequests() []demoRequest {
	who := func(name, organisation, email string) desk.Requester {
		return desk.Requester{Name: name, Organisation: organisation, Address: "1 place de la Démonstration\n59999 Ville inventée", Email: email}
	}
	return []demoRequest{
		{Asked: desk.Asked{Requester: who("Aude Exemple", "Laboratoire inventé", "aude@labo.example"), Kind: "protectedReuse", Lang: "fr", Subject: "Comptages de vélos à la minute, avec les lieux exacts", Purpose: "Une étude sur les heures de pointe."}, days: 58,
			acts: []desk.Act{{Kind: desk.Acknowledged}, {Kind: desk.Noted, Note: "Trois services doivent donner leur avis."}}, sent: 1},
		{Asked: desk.Asked{Requester: who("Bram Voorbeeld", "", "bram@mail.example"), Kind: "dataSubject", Lang: "nl", Subject: "Wat weet de stad over mijn parkeerkaart?"}, days: 20, acts: []desk.Act{{Kind: desk.Acknowledged}}, sent: 1},
		{Asked: desk.Asked{Requester: who("Cléo Modèle", "Journal local", "cleo@journal.example"), Kind: "access", Lang: "fr", Subject: "Rapport sur les arbres abattus en 2025"}, days: 40},
		{Asked: desk.Asked{Requester: who("Dana Sample", "Example Mobility Ltd", "dana@mobility.example"), Kind: "protectedReuse", Lang: "en", Subject: "Occupancy of car parks, by hour and operator"}, days: 6},
		{Asked: desk.Asked{Requester: who("Emile Fictif", "Bureau d’études", "emile@bureau.example"), Kind: "protectedReuse", Lang: "fr", Subject: "Bruit par façade et par heure"}, days: 35,
			acts:    []desk.Act{{Kind: desk.Acknowledged}},
			verdict: &desk.Verdict{Outcome: desk.Partly, Summary: "Bruit mesuré, par façade et par heure", Grounds: []string{"statistical"}, Reasons: []string{"Sous dix logements, la maille désigne des foyers."}, Conditions: []string{"Maille de 200 mètres au moins."}, Fee: &desk.FeeAsked{Units: map[string]int{"preparation": 4}, Reduction: "research"}}, sent: 2},
		{Asked: desk.Asked{Requester: who("Femke Verzonnen", "", "femke@mail.example"), Kind: "reuse", Lang: "nl", Subject: "Wachttijden aan het loket"}, days: 12,
			verdict: &desk.Verdict{Outcome: desk.Granted, Summary: "Wachttijden aan het loket, per dag", Conditions: []string{"Licence Ouverte 2.0"}}, sent: 1},
	}
}

func furnishRegisters(ctx context.Context, d *desk.Service) error {
	texts := func(fr, nl, en string) law.Texts { return law.Texts{"fr": fr, "nl": nl, "en": en} }
	if _, err := d.Publish(ctx, desk.Schedule{From: d.Today(), Method: texts("Coût réel, sans marge ; chaque prix dit ce qu’il couvre.", "Werkelijke kosten, zonder marge; elke prijs zegt wat hij dekt.", "Actual cost without margin; each price says what it covers."),
		Prices: []desk.Price{
			{ID: "preparation", Category: "anonymisation", Name: texts("Préparer et anonymiser", "Voorbereiden en anonimiseren", "Preparing and making anonymous"), Unit: texts("heure", "uur", "hour"), Cents: 4250, Basis: texts("coût horaire moyen du service", "gemiddelde uurkost van de dienst", "mean hourly cost of the service")},
			{ID: "room", Category: "environment", Name: texts("Salle sécurisée", "Beveiligde ruimte", "Secure room"), Unit: texts("jour", "dag", "day"), Cents: 12000, Basis: texts("loyer et surveillance", "huur en toezicht", "rent and supervision")},
		},
		Reductions: []desk.Reduction{{ID: "research", Name: texts("recherche", "onderzoek", "research"), Percent: 50}, {ID: "sme", Name: texts("petites entreprises", "kleine bedrijven", "small firms"), Percent: 25}}}); err != nil {
		return err
	}
	if _, err := d.Arrange(ctx, desk.Arrangement{Law: "dga", Data: texts("Positions des bus, à la seconde", "Posities van de bussen, per seconde", "Bus positions, by the second"), Holder: "Transports inventés SA",
		Reason: texts("Sans cette exclusivité, le calculateur d’itinéraires accessible n’existerait pas.", "Zonder deze exclusiviteit was er geen toegankelijke routeplanner.", "Without it there would be no accessible journey planner."),
		From:   d.Today() - 320, Until: d.Today() + deadline.Date(40)}); err != nil {
		return err
	}
	wishes := []struct {
		desk.Wanted
		reply *desk.Reply
	}{
		{desk.Wanted{Title: "Points d’eau potable", Text: "Savoir où remplir une gourde, et si la fontaine marche.", Lang: "fr", Name: "Gaël Exemple", Email: "gael@mail.example"}, &desk.Reply{State: desk.WishPlanned, Text: "Où remplir une gourde, et si la fontaine marche.", Answer: "Les fontaines sont relevées cet hiver ; les données viendront au printemps."}},
		{desk.Wanted{Title: "Bike counts by the minute", Text: "For a school project.", Lang: "en"}, &desk.Reply{State: desk.WishListed, Text: "Counts of bicycles in short steps."}},
		{desk.Wanted{Title: "Geluid van bouwwerven", Lang: "nl", Text: "Wanneer mag er gewerkt worden?", Name: "Hanne Voorbeeld"}, nil},
	}
	for _, w := range wishes {
		made, err := d.Want(ctx, w.Wanted)
		if err == nil && w.reply != nil {
			_, err = d.Reply(ctx, made.ID, *w.reply)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
