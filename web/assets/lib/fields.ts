// Help beside a field, as it is typed in.
//
//   [data-characters-left-for="ID"] on the text beneath a field with data-maxlength; its data-left and data-over hold the
//                                   plural forms as JSON, with {count}
//   [data-shape-hint-for="ID"]      beneath a number field; its data-text-KIND hold the hints (kinds: lib/shape.ts)
import { phrase } from "./phrases";
import { looksLike } from "./shape";

type Typed = HTMLInputElement | HTMLTextAreaElement;

export function counters(): void {
  for (const line of document.querySelectorAll<HTMLElement>("[data-characters-left-for]")) {
    const field = document.getElementById(line.dataset.charactersLeftFor ?? "") as Typed | null;
    const limit = Number(field?.dataset.maxlength);
    if (!field || !limit) continue;
    const spoken = speaker(line);
    let timer = 0;
    const count = (): void => {
      const left = limit - [...field.value].length;
      line.textContent = phrase((left < 0 ? line.dataset.over : line.dataset.left) ?? "{}", { count: Math.abs(left) });
      line.toggleAttribute("data-too-long", left < 0);
      clearTimeout(timer);
      // Said aloud only near the end and when typing rests: a counter that talks at every key is noise.
      if (left <= limit / 10) timer = setTimeout(() => (spoken.textContent = line.textContent), 1000);
    };
    field.addEventListener("input", count);
    if (field.value !== "") count();
  }
}

function speaker(line: HTMLElement): HTMLElement {
  const spoken = document.createElement("span");
  spoken.className = "usa-sr-only";
  spoken.setAttribute("role", "status");
  line.after(spoken);
  return spoken;
}

export function shapeHints(): void {
  for (const hint of document.querySelectorAll<HTMLElement>("[data-shape-hint-for]")) {
    const field = document.getElementById(hint.dataset.shapeHintFor ?? "") as HTMLInputElement | null;
    if (!field) continue;
    let timer = 0;
    const show = (): void => {
      const kind = looksLike(field.value);
      const text = hint.getAttribute("data-text-" + kind) ?? "";
      if (hint.textContent !== text) hint.textContent = text;
      hint.dataset.kind = kind;
    };
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, 700); // a number half typed looks like many things
    });
    field.addEventListener("change", show);
    if (field.value !== "") show();
  }
}
