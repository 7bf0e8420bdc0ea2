// One send per form.
//
//   form[data-guard]            a second submit while the first is under way does nothing
//   button[data-sending="…"]    what the button says meanwhile
//
// The button is not disabled, which would take the focus from it and drop its value; aria-disabled says it.
export function guards(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-guard]")) guard(form);
}

function hasFiles(form: HTMLFormElement): boolean {
  return [...form.querySelectorAll<HTMLInputElement>('input[type="file"]')].some((field) => (field.files?.length ?? 0) > 0);
}

function guard(form: HTMLFormElement): void {
  let release: (() => void) | null = null;
  form.addEventListener("submit", (event) => {
    if (release) {
      event.preventDefault();
      return;
    }
    const button = event.submitter;
    const label = button?.textContent ?? "";
    button?.setAttribute("aria-disabled", "true");
    if (button?.dataset.sending) button.textContent = button.dataset.sending;
    // A connection that hangs must not lock the form for good. One that sends files takes minutes, and sending them again begins anew.
    const timer = hasFiles(form) ? 0 : setTimeout(() => release?.(), 30_000);
    release = () => {
      clearTimeout(timer);
      release = null;
      button?.removeAttribute("aria-disabled");
      if (button?.dataset.sending) button.textContent = label;
    };
  });
  // Back from the next page: the browser may show this page as it was left.
  addEventListener("pageshow", () => release?.());
}
