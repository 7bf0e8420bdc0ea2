package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/thread"
)

// routes lists every URL, grouped by who may call it.
func (s *site) routes(engine *gin.Engine) {
	engine.NoRoute(handle(s.noRoute))
	engine.NoMethod(handle(s.noMethod))
	s.machineRoutes(engine)
	s.intakeRoutes(engine.Group("", s.Pages.KeepLanguage))
	pages := engine.Group("", s.Pages.KeepLanguage, s.admit(s.admission.pages, s.busy))
	s.publicRoutes(pages.Group("", handle(s.applicants.Glance)))
	s.threadRoutes(pages.Group("", handle(s.applicants.Glance), handle(s.keepTyped(applicantPart))))
	s.portalRoutes(pages.Group("", handle(s.applicants.Load), handle(s.keepTyped(applicantPart))))
	s.passwordRoutes(engine.Group("", s.Pages.KeepLanguage, s.admit(s.admission.accounts, s.busy), handle(s.applicants.Load), handle(s.keepTyped(applicantPart))))
	engine.POST("/console/sign-in", s.admit(s.admission.staff, s.busy), handle(s.sessions.Load), s.console.ForgetCounts, handle(s.console.SignIn))
	s.consoleRoutes(engine.Group("/console", handle(s.sessions.Load), handle(s.keepTyped(staffPart))))
}

// machineRoutes are for browsers' assets, load balancers and monitoring.
func (s *site) machineRoutes(engine *gin.Engine) {
	engine.GET("/assets/*file", s.Pages.ServeAsset)
	engine.GET("/agency.css", s.Pages.AgencyCSS)
	engine.GET("/robots.txt", s.ops.Robots)
	engine.GET("/favicon.ico", s.Pages.Favicon)
	engine.GET("/healthz", s.ops.Alive)
	engine.GET("/readyz", s.ops.Readiness)
	engine.GET("/metrics", handle(s.ops.Measures))
	engine.GET(remote.ProbePath, handle(s.ops.Probe))
	engine.POST(remote.ProbePath, handle(s.ops.Probe))
	if s.Mailbox != nil {
		own := engine.Group("", handle(s.ops.GuardMailbox))
		own.Any("/dev/mail", gin.WrapH(s.Mailbox))
		own.Any("/dev/mail/*rest", gin.WrapH(s.Mailbox))
	}
}

// publicRoutes are for anybody.
func (s *site) publicRoutes(anybody *gin.RouterGroup) {
	anybody.GET("/", handle(s.public.Start))
	anybody.GET("/help/account-number", handle(s.public.NumberHelp))
	anybody.POST("/help/account-number", handle(s.public.NumberAsk))
	anybody.GET("/help/account-number/sent", handle(s.public.NumberSent))
	anybody.GET("/privacy", handle(s.public.Privacy))
	anybody.GET("/inquiries", redirectTo("/inquiries/new"))
	anybody.GET("/inquiries/new", handle(s.public.NewInquiry))
	anybody.GET("/inquiries/check", handle(s.public.CheckAgain))
	anybody.GET("/inquiries/:reference", handle(s.public.Confirmation))
}

// intakeRoutes take what applicants write: as much at once as the desk can work on, and the rest is answered without looking who asks.
func (s *site) intakeRoutes(anybody *gin.RouterGroup) {
	take := func(path string, take, refuse Handler) {
		anybody.POST(path, s.admitForm(refuse), handle(s.applicants.Glance), handle(s.keepTyped(applicantPart)), handle(take))
	}
	take("/inquiries/check", s.public.CheckInquiry, s.public.RefuseInquiry)
	take("/inquiries", s.public.SendInquiry, s.public.RefuseInquiry)
	take("/inquiries/files.json", s.public.StageFile, s.public.RefuseFile)
	for root, side := range s.sides() {
		take(root+"/messages", side.AddMessage, side.RefuseMessage)
	}
}

// sides are the ways to a question of one's own.
func (s *site) sides() map[string]thread.Side {
	return map[string]thread.Side{"/status/questions/:reference": s.thread.Followers(), "/account/questions/:reference": s.thread.Owners()}
}

// passwordRoutes are for anybody, and cost a password hash.
func (s *site) passwordRoutes(anybody *gin.RouterGroup) {
	anybody.POST("/register", handle(s.portal.Register))
	anybody.POST("/register/confirm/:token", handle(s.portal.RegisterConfirm))
	anybody.POST("/account/sign-in", handle(s.portal.SignIn))
	anybody.POST("/account/password/:token", handle(s.portal.PasswordSet))
}

// portalRoutes are for applicants, whose session is loaded: the first ones for anybody, the others for who is signed in.
func (s *site) portalRoutes(anybody *gin.RouterGroup) {
	desk := s.portal
	anybody.GET("/register", handle(desk.RegisterForm))
	anybody.GET("/register/sent", handle(desk.Sent("register_sent")))
	anybody.GET("/register/confirm/:token", handle(desk.RegisterLink))
	anybody.GET("/account/sign-in", handle(desk.SignInForm))
	anybody.GET("/account/sign-in/second", handle(desk.SecondStepForm))
	anybody.POST("/account/sign-in/second", handle(desk.SecondStep))
	anybody.GET("/account/sign-in/passkey", redirectTo("/account/sign-in/second"))
	anybody.POST("/account/sign-in/passkey", handle(desk.SecondStepPasskey))
	anybody.POST("/account/sign-out", handle(desk.SignOut))
	anybody.GET("/account/password", handle(desk.PasswordAskForm))
	anybody.POST("/account/password", handle(desk.PasswordAsk))
	anybody.GET("/account/password/sent", handle(desk.Sent("password_sent")))
	anybody.GET("/account/password/:token", handle(desk.PasswordLink))
	anybody.GET("/account/email/:token", handle(desk.EmailLink))
	anybody.POST("/account/email/:token", handle(desk.EmailConfirm))
	anybody.GET("/account/not-me/:token", handle(desk.EmailUndoLink))
	anybody.POST("/account/not-me/:token", handle(desk.EmailUndo))

	owner := anybody.Group("", handle(s.applicants.Require))
	owner.GET("/account", handle(desk.Dashboard))
	owner.GET("/account/questions", handle(desk.Questions))
	owner.GET("/account/data", handle(desk.DownloadForm))
	owner.POST("/account/data", handle(desk.Download))
	owner.GET("/account/details", handle(desk.DetailsForm))
	owner.POST("/account/details", handle(desk.DetailsChange))
	owner.GET("/account/email", handle(desk.EmailForm))
	owner.POST("/account/email", handle(desk.EmailAsk))
	owner.GET("/account/security", handle(desk.Security))
	owner.GET("/account/security/password", handle(desk.PasswordChangeForm))
	owner.POST("/account/security/password", handle(desk.PasswordChange))
	owner.POST("/account/security/end-sessions", handle(desk.EndSessions))
	owner.GET("/account/security/second-step", handle(desk.Factors))
	owner.POST("/account/security/second-step", handle(desk.FactorsUnlock))
	owner.GET("/account/security/passkeys", redirectTo("/account/security/second-step"))
	owner.GET("/account/security/recovery-codes", redirectTo("/account/security/second-step"))
	owner.GET("/account/security/app/confirm", redirectTo("/account/security/app"))

	fresh := owner.Group("", handle(desk.RequireFresh))
	fresh.GET("/account/security/app", handle(desk.App))
	fresh.POST("/account/security/app", handle(desk.AppBegin))
	fresh.POST("/account/security/app/confirm", handle(desk.AppConfirm))
	fresh.POST("/account/security/app/remove", handle(desk.AppRemove))
	fresh.GET("/account/security/passkeys/new", handle(desk.PasskeyNew))
	fresh.POST("/account/security/passkeys", handle(desk.PasskeyAdd))
	fresh.POST("/account/security/passkeys/:passkey/remove", handle(desk.PasskeyRemove))
	fresh.POST("/account/security/recovery-codes", handle(desk.RecoveryNew))
}

// threadRoutes are for anybody; a question is for its applicant, whom each of its handlers makes sure of.
func (s *site) threadRoutes(anybody *gin.RouterGroup) {
	anybody.GET("/status", handle(s.thread.StatusForm))
	anybody.POST("/status", handle(s.thread.AskStatus))
	anybody.GET("/status/sent", handle(s.thread.StatusSent))
	anybody.GET("/status/:token", handle(s.thread.StatusLink))
	anybody.POST("/status/close", handle(s.thread.StopFollowing))
	anybody.POST("/status/:token", handle(s.thread.FollowLink))
	for root, side := range s.sides() {
		anybody.GET(root, handle(side.Show))
		anybody.GET(root+"/files/:file", handle(side.File))
		anybody.POST(root+"/solve", handle(side.Solve))
		anybody.POST(root+"/rating", handle(side.Rate))
	}
}

// consoleRoutes are for the staff, whose session is loaded.
func (s *site) consoleRoutes(anybody *gin.RouterGroup) {
	may := func(p staff.Permission) *gin.RouterGroup { return anybody.Group("", handle(s.sessions.Require(p))) }
	desk := s.console
	anybody.Use(desk.ForgetCounts)

	anybody.GET("/sign-in", handle(desk.SignInForm))
	anybody.POST("/sign-out", handle(desk.SignOut))

	answer := may(staff.AnswerTickets)
	answer.GET("", handle(desk.Start))
	answer.GET("/tickets", handle(desk.TicketList))
	answer.GET("/tickets/live", handle(desk.TicketListLive))
	answer.POST("/tickets/bulk", handle(desk.TicketBulk))
	answer.GET("/tickets/:reference", handle(desk.TicketShow))
	answer.GET("/tickets/:reference/live", handle(desk.TicketLive))
	answer.GET("/tickets/:reference/files/:file", handle(desk.TicketFile))
	answer.POST("/tickets/:reference/replies", handle(desk.TicketReply))
	answer.POST("/tickets/:reference/replies/:message/withdraw", handle(desk.TicketWithdraw))
	answer.POST("/tickets/:reference/replies/:message/again", handle(desk.TicketSendAgain))
	answer.POST("/tickets/:reference/acknowledgement/again", handle(desk.TicketAcknowledgeAgain))
	answer.POST("/tickets/:reference/notes", handle(desk.TicketNote))
	answer.POST("/tickets/:reference/assignee", handle(desk.TicketAssign))
	answer.POST("/tickets/:reference/status", handle(desk.TicketStatus))
	answer.POST("/tickets/:reference/exclusion", handle(desk.TicketExclude))
	answer.GET("/tickets/:reference/account", handle(desk.TicketAccount))
	answer.GET("/tickets/:reference/link", handle(desk.TicketLinkAsk))
	answer.POST("/tickets/:reference/link", handle(desk.TicketLink))
	answer.POST("/tickets/:reference/link/confirm", handle(desk.TicketLinkConfirm))
	answer.POST("/tickets/:reference/link/remove", handle(desk.TicketUnlink))
	answer.POST("/tickets/:reference/link/undo", handle(desk.TicketLinkUndo))
	answer.POST("/tickets/:reference/reveal", handle(desk.TicketReveal))
	answer.GET("/tickets/:reference/messages/:message/mail", handle(desk.TicketMail))
	answer.GET("/mail", handle(desk.MailList))
	answer.GET("/mail/:mail", handle(desk.MailShow))
	answer.GET("/mail/:mail/files/:file", handle(desk.MailFile))
	answer.GET("/mail/:mail/source", handle(desk.MailSource))
	answer.POST("/mail/:mail/attach", handle(desk.MailAttach))
	answer.POST("/mail/:mail/open", handle(desk.MailOpen))
	answer.POST("/mail/:mail/discard", handle(desk.MailDiscard))
	answer.POST("/mail/:mail/looked", handle(desk.MailLooked))
	answer.GET("/accounts/:number", handle(desk.AccountShow))
	answer.POST("/accounts/:number/reveal", handle(desk.AccountReveal))
	answer.GET("/search", handle(desk.SearchPage))
	answer.GET("/search.json", handle(desk.SearchJSON))
	answer.GET("/search/operators.json", handle(desk.SearchOperators))
	answer.GET("/search/hits", handle(desk.SearchHits))
	answer.GET("/search/recent.json", handle(desk.RecentSearchList))
	answer.POST("/search/recent", handle(desk.RecentSearchAdd))
	answer.POST("/search/recent/remove", handle(desk.RecentSearchRemove))
	answer.POST("/search/recent/clear", handle(desk.RecentSearchClear))

	read := may(staff.ReadReports)
	read.GET("/reports", redirectTo("/console/reports/response-times"))
	read.GET("/calendar", handle(desk.CalendarShow))
	read.GET("/reports/response-times", handle(s.reports.ResponseTimes))
	read.GET("/reports/response-times.csv", handle(s.reports.ResponseTimesCSV))
	read.GET("/reports/response-times.json", handle(s.reports.ResponseTimesJSON))
	read.GET("/reports/response-times/tickets", handle(s.reports.ResponseTimesTickets))
	read.GET("/reports/scheduled", handle(s.reports.Scheduled))
	read.GET("/reports/scheduled/new", handle(s.reports.ScheduleNew))
	read.POST("/reports/scheduled", handle(s.reports.ScheduleAdd))
	read.GET("/reports/scheduled/:schedule", handle(s.reports.ScheduleEdit))
	read.POST("/reports/scheduled/:schedule", handle(s.reports.ScheduleChange))
	read.POST("/reports/scheduled/:schedule/pause", handle(s.reports.SchedulePause))
	read.POST("/reports/scheduled/:schedule/resume", handle(s.reports.ScheduleResume))
	read.POST("/reports/scheduled/:schedule/send", handle(s.reports.ScheduleSend))
	read.POST("/reports/scheduled/:schedule/delete", handle(s.reports.ScheduleDelete))
	read.GET("/reports/why", handle(s.reports.Why))
	read.GET("/reports/why.csv", handle(s.reports.WhyCSV))
	read.GET("/reports/why.json", handle(s.reports.WhyJSON))
	read.GET("/reports/workload", handle(s.reports.Workload))
	read.GET("/reports/workload.csv", handle(s.reports.WorkloadCSV))
	read.GET("/reports/workload.json", handle(s.reports.WorkloadJSON))

	may(staff.ReleaseSuspect).POST("/tickets/:reference/release", handle(desk.TicketRelease))
	may(staff.ReleaseFiles).POST("/tickets/:reference/files/:file/release", handle(desk.FileRelease))
	answer.POST("/tickets/:reference/files/:file/rescan", handle(desk.FileRescan))
	may(staff.SeeTaskQueues).GET("/task-queues", handle(desk.TaskQueueShow))
	may(staff.SetCalendar).POST("/calendar", handle(desk.CalendarSet))
	may(staff.RetryTasks).POST("/task-queues/mail-held/release", handle(desk.MailRelease))
	may(staff.RetryTasks).POST("/task-queues/:task/retry", handle(desk.TaskRetry))
	may(staff.RetryTasks).POST("/task-queues/mails/:mail/again", handle(desk.MailSendAgain))
}

// redirectTo sends whoever reloads an address that only takes a form to the page with the form.
func redirectTo(path string) gin.HandlerFunc {
	return func(c *gin.Context) { c.Redirect(http.StatusSeeOther, path) }
}

const (
	kilobyte = 1 << 10
	megabyte = 1 << 20

	// bodyLimit holds for every route that bodyLimits does not name.
	bodyLimit = 64 * kilobyte
)

// bodyLimits are the most bytes that a request to a route may hold. Five files of 10 MB and the text fit into 52 MB.
var bodyLimits = map[string]int64{
	"/inquiries":       52 * megabyte,
	"/inquiries/check": 52 * megabyte,

	"/inquiries/files.json": 11 * megabyte,

	remote.ProbePath: 52 * megabyte, // which is not read

	"/status/questions/:reference/messages":  52 * megabyte,
	"/account/questions/:reference/messages": 52 * megabyte,

	// Fifty thousand characters, each up to twelve bytes as a form sends them.
	"/console/tickets/:reference/replies": megabyte,
	"/console/tickets/:reference/notes":   megabyte,
}
