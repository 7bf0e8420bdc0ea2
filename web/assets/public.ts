// What the applicant's pages do beyond HTML. Every page works without it. It hooks on attributes only:
//
//   [data-error-summary]      takes the focus when the page opens
//   [data-print]              a button that prints; give it class js-only, hidden without script
//   form[data-guard]          guard against double clicks: lib/submit.ts
//   form[data-draft]          a draft in the browser: lib/draft.ts
//   data-characters-left-for, data-shape-hint-for     help beside a field: lib/fields.ts (the field partials write them)
import { drafts } from "./lib/draft";
import { counters, shapeHints } from "./lib/fields";
import { guards } from "./lib/submit";

document.documentElement.classList.remove("no-js");
counters();
shapeHints();
drafts();
guards();

document.querySelector<HTMLElement>("[data-error-summary]")?.focus();

// A link of the error summary goes to the field itself, with its label in sight.
document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const link = target?.closest<HTMLAnchorElement>("[data-error-summary] a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (field) {
    event.preventDefault();
    (field.closest(".usa-form-group") ?? field).scrollIntoView({ block: "start" });
    field.focus({ preventScroll: true });
  }
  if (target?.closest("[data-print]")) print();
});
