// Package staff holds the people who answer, their roles and how they sign in.
package staff

import "time"

// Role decides what a member of staff may do.
type Role string

// The roles.
const (
	RoleAgent         Role = "agent"
	RoleSupervisor    Role = "supervisor"
	RoleAdministrator Role = "administrator"
)

// Roles lists every role.
func Roles() []Role { return []Role{RoleAgent, RoleSupervisor, RoleAdministrator} }

// Permission is something that only some roles may do.
type Permission string

// The permissions.
const (
	AnswerTickets  Permission = "answer_tickets"   // tickets, search, accounts
	ReadReports    Permission = "read_reports"     // response times and what is behind them
	SeeTaskQueues  Permission = "see_task_queues"  // what the workers are stuck on
	RetryTasks     Permission = "retry_tasks"      // and to try it again
	WithdrawOthers Permission = "withdraw_others"  // take a colleague's reply back without being asked
	SetCalendar    Permission = "set_calendar"     // when the desk works; who reads reports sees it
	ReleaseFiles   Permission = "release_files"    // let a file through that the virus scanner cannot look into
	ReleaseSuspect Permission = "release_suspects" // decide that a quarantined inquiry is none
)

var granted = map[Role][]Permission{
	RoleAgent:         {AnswerTickets, ReleaseSuspect},
	RoleSupervisor:    {AnswerTickets, ReleaseSuspect, WithdrawOthers, ReadReports, SeeTaskQueues, ReleaseFiles},
	RoleAdministrator: {AnswerTickets, ReleaseSuspect, WithdrawOthers, ReadReports, SeeTaskQueues, RetryTasks, SetCalendar, ReleaseFiles},
}

// Can reports whether the role grants the permission.
func (r Role) Can(p Permission) bool {
	for _, g := range granted[r] {
		if g == p {
			return true
		}
	}
	return false
}

// Valid reports whether the role is one of Roles.
func (r Role) Valid() bool { return granted[r] != nil }

// Member is one of the staff.
type Member struct {
	ID            int64
	Email         string
	Name          string
	Role          Role
	CreatedAt     time.Time
	DeactivatedAt *time.Time
	SignedInAt    *time.Time // the last time; nil when it is not known
}
