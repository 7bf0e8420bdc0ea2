package report

import "math"

// ForecastDays is how many whole days a forecast learns from: four weeks, so that every weekday counts as often as the others.
const ForecastDays = 28

const (
	// forecastT is the 97.5 % point of Student's t with ForecastDays - 7 = 21 degrees of freedom.
	forecastT = 2.0796
	// forecastResponses is the fewest first responses in the four weeks that a rate is told of.
	forecastResponses = 20
)

// Outlook says what can be said of a backlog.
type Outlook string

// The outlooks.
const (
	OutlookNothing   Outlook = "nothing"   // nothing waits
	OutlookFew       Outlook = "few"       // too few days or answers to tell a rate
	OutlookClears    Outlook = "clears"    // it shrinks, beyond doubt
	OutlookGrows     Outlook = "grows"     // it grows, beyond doubt
	OutlookUncertain Outlook = "uncertain" // neither is beyond doubt
)

// Forecast tells when a backlog without a first response will be gone, if arrivals and first responses go on as in the last
// ForecastDays whole days.
//
// The backlog goes down by the first responses less the arrivals of a day. Its mean m and its variance s² about the weekdays'
// own means come from the four weeks; weekdays come equally often, so that the mean needs no correction for them. After T days
// it has gone down by mT, give or take t √(s²T + s²T²/28): the days to come vary, and m is not known exactly. The days at which
// the backlog B lies at the edge of that are the roots of
//
//	(m² - t²s²/28) T² - (2mB + t²s²) T + B² = 0,
//
// which is Fieller's interval (Fieller 1954, Journal of the Royal Statistical Society B 16) for B/m with the future's own
// variance added. They are both positive while m is more than t standard errors above zero; otherwise the backlog may never be
// gone, and no day is told.
type Forecast struct {
	Outlook Outlook
	Backlog int
	Net     float64    // first responses less arrivals, a day
	Between [2]float64 // the 95 % interval of Net
	Days    float64    // until the backlog is gone, where it clears
	Range   [2]float64 // the 95 % prediction interval of Days
}

// NewForecast makes a forecast from the flow of ForecastDays days in a row.
func NewForecast(backlog int, days []Flow) Forecast {
	f := Forecast{Outlook: OutlookFew, Backlog: backlog}
	arrivals, responses := 0, 0
	for _, d := range days {
		arrivals, responses = arrivals+d.Arrivals, responses+d.Responses
	}
	switch {
	case backlog == 0:
		f.Outlook = OutlookNothing
		return f
	case len(days) != ForecastDays || responses < forecastResponses:
		return f
	}
	// Arrivals are many people's doing, so that a day's number varies at least as Poisson's does: days that happen to be alike are
	// no proof of calm.
	variance := math.Max(f.learn(days), float64(arrivals)/ForecastDays)
	half := forecastT * math.Sqrt(variance/ForecastDays)
	f.Between = [2]float64{f.Net - half, f.Net + half}
	switch {
	case f.Between[0] > 0:
		f.Outlook = OutlookClears
		f.clear(variance)
	case f.Between[1] < 0:
		f.Outlook = OutlookGrows
	default:
		f.Outlook = OutlookUncertain
	}
	return f
}

// learn sets Net and gives the variance of a day about its weekday's mean.
func (f *Forecast) learn(days []Flow) (variance float64) {
	var weekday [7]float64
	for i, d := range days {
		net := float64(d.Responses - d.Arrivals)
		f.Net += net / ForecastDays
		weekday[i%7] += net / (ForecastDays / 7)
	}
	for i, d := range days {
		off := float64(d.Responses-d.Arrivals) - weekday[i%7]
		variance += off * off / (ForecastDays - 7)
	}
	return variance
}

// clear sets Days and Range.
func (f *Forecast) clear(variance float64) {
	b, t2 := float64(f.Backlog), forecastT*forecastT
	square := f.Net*f.Net - t2*variance/ForecastDays // positive: the whole of Between is
	linear := 2*f.Net*b + t2*variance
	root := math.Sqrt(math.Max(linear*linear-4*square*b*b, 0))
	f.Days = b / f.Net
	f.Range = [2]float64{(linear - root) / (2 * square), (linear + root) / (2 * square)}
}
