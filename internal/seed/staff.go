package seed

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/staff"
)

// signIns are the demo's, with password.Demo: for a desk on somebody's own machine, never for one that others reach.
var signIns = []staff.New{
	{Email: "agent@askwell.test", Name: "Robin Castellanos", Role: staff.RoleAgent},
	{Email: "supervisor@askwell.test", Name: "Imani Lindqvist", Role: staff.RoleSupervisor},
	{Email: "administrator@askwell.test", Name: "Tomasz Adeleke", Role: staff.RoleAdministrator},
}

// colleagues wrote the demo's answers. Nobody can sign in as one of them.
var colleagues = []staff.New{
	{Email: "paulina.vega@askwell.test", Name: "Paulina Vega", Role: staff.RoleAgent},
	{Email: "joon.hartley@askwell.test", Name: "Joon Hartley", Role: staff.RoleAgent},
	{Email: "farida.osei@askwell.test", Name: "Farida Osei", Role: staff.RoleAgent},
	{Email: "mateus.keller@askwell.test", Name: "Mateus Keller", Role: staff.RoleAgent},
	{Email: "ruth.nakamura@askwell.test", Name: "Ruth Nakamura", Role: staff.RoleAgent},
	{Email: "dmitri.solano@askwell.test", Name: "Dmitri Solano", Role: staff.RoleSupervisor},
}

// Staff makes the demo's sign-ins where they are missing, with a password that everybody knows. Only for the demo.
func Staff(ctx context.Context, db postgres.Querier) error {
	return add(ctx, db, signIns, func() string { return password.Demo })
}

// team gives the agents and supervisors who handle the demo's tickets: the demo's own, made where they are missing, in the order
// of their addresses. Those who work here for real never appear as authors of what they did not write.
func team(ctx context.Context, db postgres.Querier) (agents, leads []staff.Member, err error) {
	if err := add(ctx, db, colleagues, rand.Text); err != nil {
		return nil, nil, err
	}
	members, err := staff.Store{DB: db}.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(members, func(a, b staff.Member) int { return strings.Compare(a.Email, b.Email) })
	for _, m := range members {
		switch {
		case m.DeactivatedAt != nil || !isDemo(m.Email):
		case m.Role == staff.RoleAgent:
			agents = append(agents, m)
		case m.Role == staff.RoleSupervisor:
			leads = append(leads, m)
		}
	}
	if len(agents) == 0 || len(leads) == 0 {
		return nil, nil, errors.New("the demo's colleagues have left: activate them first")
	}
	return agents, leads, nil
}

func isDemo(email string) bool {
	return slices.ContainsFunc(slices.Concat(signIns, colleagues), func(n staff.New) bool { return strings.EqualFold(n.Email, email) })
}

func add(ctx context.Context, db postgres.Querier, people []staff.New, password func() string) error {
	store := staff.Store{DB: db}
	for _, p := range people {
		_, err := store.ByEmail(ctx, p.Email)
		if err == nil {
			continue
		}
		if !failure.Is(err, failure.KindNotFound) && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		p.Password, p.Demo = password(), true
		if _, err := store.Add(ctx, p); err != nil && !failure.Is(err, failure.KindConflict) { // somebody else was quicker
			return fmt.Errorf("make the demo's %s: %w", p.Role, err)
		}
	}
	return nil
}
