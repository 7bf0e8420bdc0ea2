// What a click copies.
//
//   button[data-copy="TEXT"]   copies TEXT and says so
import { phrase } from "./phrases";
import { say, text } from "./toasts";

export function copying(): void {
  document.addEventListener("click", (event) => {
    const words = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]")?.dataset.copy : undefined;
    if (words) void copy(words);
  });
}

async function copy(words: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(words); // there is no clipboard where a page came without TLS
    say("success", phrase(text("copied"), { text: words }));
  } catch {
    say("warning", text("notCopied"));
  }
}
