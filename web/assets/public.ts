// What the applicant's pages do beyond HTML. Every page works without it. It hooks on attributes only:
//
//   [data-error-summary]      what is wrong with a form: lib/problems.ts
//   [data-print]              a button that prints; give it class js-only, hidden without script
//   [data-show-password]      shows a password: lib/password.ts
//   [data-copy]               copies a number: lib/copy_number.ts
//   form[data-passkey]        a passkey: lib/passkey.ts
//   form [data-upload]        files that go up as they are chosen: lib/upload.ts
//   form[data-guard]          guard against double clicks: lib/submit.ts
//   form[data-draft]          a draft in the browser: lib/draft.ts
//   data-characters-left-for, data-shape-hint-for     help beside a field: lib/fields.ts (the field partials write them)
import { copyNumber } from "./lib/copy_number";
import { drafts } from "./lib/draft";
import { counters, shapeHints } from "./lib/fields";
import { passkeys } from "./lib/passkey";
import { passwords } from "./lib/password";
import { problems } from "./lib/problems";
import { guards } from "./lib/submit";
import { uploads } from "./lib/upload";

document.documentElement.classList.remove("no-js");
counters();
shapeHints();
drafts();
uploads(); // before the guard: a form that waits for its files is not being sent
guards();
problems();
passwords();
passkeys();
copyNumber();

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-print]")) print();
});
