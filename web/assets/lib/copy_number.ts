// What a click copies on an applicant's page. The button itself says so, and a screen reader hears it.
//
//   button[data-copy="TEXT"]   with data-copied and data-not-copied, what it says afterwards; [data-copy-status] beside it is read out
export function copyNumber(): void {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("[data-copy]") : null;
    if (button) void copy(button);
  });
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const status = button.parentElement?.querySelector("[data-copy-status]");
  const before = button.textContent;
  let words = button.dataset.copied ?? "";
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? "");
  } catch {
    words = button.dataset.notCopied ?? ""; // there is no clipboard where a page came without TLS
  }
  if (status) status.textContent = words;
  button.textContent = words;
  setTimeout(() => (button.textContent = before), 3000);
}
