// What the console's pages do beyond HTML and htmx. It hooks on attributes only; each module documents its own:
//
//   lib/keys.ts       [data-key], [data-list], [data-row]: the keyboard
//   lib/command_bar.ts dialog[data-command-bar], [data-command]: search and commands from anywhere
//   lib/complete.ts   [data-complete], [data-example]: what the search box offers
//   lib/copy.ts       [data-copy]: what is copied
//   lib/countdown.ts  [data-countdown]: the seconds in which a reply can be taken back
//   lib/panels.ts     [data-toggle], [data-dialog-open], [data-menu], [role=tablist]: what folds, opens and changes
//   lib/unsent.ts     [data-unsent]: text that must not be lost
//   lib/problems.ts   [data-error-summary]: what is wrong with a form
//   lib/times.ts      <time data-relative>: times that stay right
//   lib/toasts.ts     [data-toasts]: short messages, from the server through HX-Trigger
//   lib/selection.ts  [data-select-all], [data-selection]: rows chosen for a bulk action
//   lib/found.ts      [data-found], [data-refresh], [data-hits]: a search whose results come as one types
//   lib/live.ts       htmx 4 with its server-sent events, and what to say when the desk cannot be reached
import "./lib/live";
import { commandBar } from "./lib/command_bar";
import { completion } from "./lib/complete";
import { copying } from "./lib/copy";
import { countdowns } from "./lib/countdown";
import { results } from "./lib/found";
import { keyboard } from "./lib/keys";
import { panels } from "./lib/panels";
import { problems } from "./lib/problems";
import { selection } from "./lib/selection";
import { times } from "./lib/times";
import { toasts } from "./lib/toasts";
import { unsent } from "./lib/unsent";

commandBar();
completion();
copying();
countdowns();
keyboard();
panels();
problems();
results();
selection();
times();
toasts();
unsent();
