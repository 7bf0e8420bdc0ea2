package seed

var topics = map[string]map[string]topic{"en": english, "es": spanish}

var english = map[string]topic{
	"processing-time": {
		subjects: []string{"{form} pending for {months} months", "Outside normal processing time", "When will my {form} be decided?", "No news since {month}"},
		facts:    []string{"My {form} has been pending for {months} months.", "The website says the usual time is over since {month}, but my case is still \"received\".", "It is {weeks} weeks since my interview in {office} and I have heard nothing."},
		asks:     []string{"Can you tell me if something is missing?", "Please let me know when I can expect a decision.", "What can I do to move it forward?"},
		answers:  []string{"Your {form} is at the {office} office and is within the line for a decision. Nothing is missing. The time shown on the website is for eight in ten cases; yours takes longer because a check is still running.", "We have asked the {office} office to look at your case and expect word within 30 days. You need not send anything."},
	},
	"notice-not-received": {
		subjects: []string{"Did not get my appointment notice", "Notice never arrived", "Lost in the mail? {form} notice", "Missing letter"},
		facts:    []string{"The status says that a notice was mailed on {month} {day}, but it never came.", "My neighbor got his letter and I did not get mine.", "The post office says it was delivered, but not to us."},
		asks:     []string{"Could you send it again?", "Is there a copy online that I can print?", "I am afraid to miss the date. What does the notice say?"},
		answers:  []string{"We have mailed the notice again to the address on file. Please allow ten days. You can read it at once under Documents when you sign in.", "The notice came back to us as undeliverable. Please check the address in your account and answer this message when it is right; we will then mail it again."},
	},
	"card-not-received": {
		subjects: []string{"My card has not come", "Card was mailed {weeks} weeks ago", "Where is my card?", "Green card lost in mail"},
		facts:    []string{"My status says \"card produced\" since {month}, but there is no card.", "The tracking says delivered on {month} {day}, but I live alone and nothing was in the box.", "I moved after the approval and I think that the card went to the old address."},
		asks:     []string{"Can you find out where it is?", "How do I get a new one?", "Do I have to pay again for something I never got?"},
		answers:  []string{"Your card was returned to us on {month} {day}. We will mail it again to {address}; please tell us within five days if that is wrong.", "The card was delivered according to the carrier. Please ask at your post office first. If it does not turn up within two weeks, answer this message and we will open an inquiry; you will not be charged for that."},
	},
	"document-not-received": {
		subjects: []string{"Travel document not here", "Passport not returned", "Certificate missing", "Documents not sent back"},
		facts:    []string{"I sent my original birth certificate with the {form} and it was not returned.", "My travel document was approved in {month} and has not arrived.", "After the interview in {office} they kept my passport."},
		asks:     []string{"When will I get it back?", "Please tell me whom to ask.", "I need it to travel, what can I do?"},
		answers:  []string{"Originals are returned with the decision. Yours are in the file at the {office} office and safe. If you need them earlier, answer this message and we will send a request form.", "The document was mailed on {month} {day}. Please allow {weeks} more days; if it has not come by then, we will replace it free of charge."},
	},
	"error-on-notice": {
		subjects: []string{"My name is misspelled", "Wrong date of birth on the card", "Mistake on notice", "Typo on my {form} receipt"},
		facts:    []string{"My family name is spelled wrong on the notice.", "The card shows the wrong month of birth.", "The receipt for the {form} shows my old address although the form had the new one."},
		asks:     []string{"How do I get it corrected?", "Will this delay my case?", "Do I have to send the card back?"},
		answers:  []string{"Thank you for telling us. We have corrected the spelling in our records; a new notice is on its way. The old one stays valid until then.", "For a wrong date on a card we need a copy of your passport page and the card itself. The enclosed form tells you where to send them; there is no fee because the mistake was ours."},
	},
	"case-question": {
		subjects: []string{"Question about my case", "What does my status mean?", "Next step after biometrics", "Interview in {office}"},
		facts:    []string{"My status changed to \"evidence requested\", but I do not understand what is wanted.", "I had my biometrics on {month} {day}.", "My {form} and my husband's were sent together, and only his was approved."},
		asks:     []string{"What happens next?", "Do I need to do anything?", "Can I work while I wait?", "Who can explain this to me?"},
		answers:  []string{"After biometrics the {office} office does the background checks and then invites you for an interview, usually within {months} months. You do not have to do anything until then.", "The letter asks for proof that you lived together: a lease, bills or a bank statement with both names. Please send copies, not originals, by the date in the letter."},
	},
	"change-of-address": {
		subjects: []string{"New address", "I moved", "Address change for my whole family", "Wrong address online"},
		facts:    []string{"We moved to {address}.", "I changed my address online in {month}, but letters still go to the old one.", "My apartment number is missing in your system."},
		asks:     []string{"Please update all my cases.", "Is it enough to tell you, or do I need a form?", "Can you confirm that you have the new one?"},
		answers:  []string{"We have changed the address for your account and all cases on it. You will get a confirmation by mail at the new address within two weeks.", "For your safety we cannot change an address by e-mail. Please sign in, choose Personal details, and save the new address; it then holds for all cases."},
	},
	"reschedule-appointment": {
		subjects: []string{"Need another date", "Cannot come on {month} {day}", "Reschedule biometrics", "Missed appointment"},
		facts:    []string{"I am in the hospital on the day of my appointment in {office}.", "My appointment is on {month} {day} and I have an exam that morning.", "I missed the appointment because the bus broke down."},
		asks:     []string{"Can I get a new date?", "Please move it to {month}.", "Is my case closed now?"},
		answers:  []string{"We have moved your appointment. The new letter will show {month} {day} at the {office} office; please bring it and your passport.", "Your case stays open. A new date is sent to you within three weeks; please come this time, or tell us at least two days before."},
	},
	"accommodation": {
		subjects: []string{"Wheelchair access in {office}", "Sign language interpreter", "My father cannot travel", "Help at the interview"},
		facts:    []string{"My father is 84 and cannot leave his bed.", "I am deaf and need an interpreter for the interview on {month} {day}.", "I use a wheelchair and the entrance in {office} has stairs."},
		asks:     []string{"What can be arranged?", "Please tell me how to ask for it.", "Can someone come to the house?"},
		answers:  []string{"We have noted that you need a sign language interpreter and booked one for your interview. You do not have to bring anybody.", "The {office} office has a level entrance at the back; ring at the door and somebody will meet you. For home visits we need a note by a doctor, as a copy."},
	},
	"cannot-sign-in": {
		subjects: []string{"Cannot sign in", "Locked out of my account", "Password reset does not work", "No confirmation e-mail"},
		facts:    []string{"The page says that my password is wrong, but I am sure it is right.", "I asked for a new password five times and no e-mail came.", "I have a new phone number and cannot get the code.", "I forgot which e-mail address I used."},
		asks:     []string{"Please unlock my account.", "How can I get in again?", "Can you change the e-mail address for me?"},
		answers:  []string{"We have removed the lock. Please wait ten minutes, choose \"Forgot password\", and look in the spam folder too: the message comes from our no-reply address.", "To change the phone number we need to be sure that it is you. Please answer the two questions in the attached form and send it back; it takes one working day."},
	},
	"access-code": {
		subjects: []string{"Access code expired", "Add my paper case online", "Code not accepted", "Where do I find the access code?"},
		facts:    []string{"I mailed the {form} on paper and the letter with the code never came.", "The code from the letter of {month} {day} is not accepted.", "I made an account, but my case is not there."},
		asks:     []string{"Can you send a new code?", "How do I add the case to my account?", "Is there another way?"},
		answers:  []string{"The code was valid for 90 days. A new one is on its way by mail; it cannot be given by phone or e-mail.", "We have linked your paper case. Please sign out and in again; it then stands under My cases."},
	},
	"technical-problem": {
		subjects: []string{"Upload fails", "Error when I pay", "Page stays white", "Cannot submit the {form}"},
		facts:    []string{"When I upload a PDF the page says \"something went wrong\".", "I paid for the {form} and the page froze, and now I do not know if it was sent.", "On my phone the button at the end of the form does not react."},
		asks:     []string{"Was my form received?", "Do I have to pay again?", "How can I send the files?"},
		answers:  []string{"Your payment arrived once and the form was received on {month} {day}. Please do not pay again.", "The upload takes files of up to 10 MB. Please save the scan with a lower resolution or in two parts and try again; a computer works better than a phone."},
	},
	"feedback": {
		subjects: []string{"Thank you", "Suggestion for the website", "Complaint about the {office} office", "The new page is confusing"},
		facts:    []string{"The lady at the {office} office was very kind and explained everything.", "I waited {weeks} minutes on the phone and then the line was cut.", "The new menu hides the forms. I needed half an hour to find the {form}."},
		asks:     []string{"Please pass it on.", "Please put the list of forms back on the first page.", "I just wanted you to know."},
		answers:  []string{"Thank you for taking the time. We have passed your words on to the {office} office.", "Thank you. You are not the only one who missed the list of forms; it comes back to the first page this month."},
	},
	"something-else": {
		subjects: []string{"General question", "Help please", "Do I need a lawyer?", "Which form do I need?"},
		facts:    []string{"I got a call from somebody who says he works for you and wants money.", "My sister wants to visit us for {weeks} weeks.", "I do not know which form is right for me.", "My employer wants to know if my permit is still valid."},
		asks:     []string{"What should I do?", "Is this real?", "Where can I read about it?"},
		answers:  []string{"That call was not from us: we never ask for money by phone. Please do not pay, and report it to your local police.", "We may not give legal advice, but the page \"Find your form\" asks five questions and names the form. A list of free legal help is at the end of it."},
	},
}
