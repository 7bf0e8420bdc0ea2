// Files go up as soon as they are chosen, one after the other, each with its progress and a retry of its own. Without this script they go
// with the form.
//
//   form [data-upload="/inquiries/files.json"]   beneath a file field; data-text-* are its texts, data-page is the page of the form's draft
import { smaller } from "./photo";

interface Answer {
  files: { Key: string; Name: string; Size: string; Staged: string }[];
  problems: string[];
  draft: string;
}

interface Row {
  file: File;
  item: HTMLElement;
  state: "waiting" | "running" | "done" | "failed";
  request?: XMLHttpRequest;
}

const silence = 60_000; // a connection without progress for so long is given up

export function uploads(): void {
  for (const list of document.querySelectorAll<HTMLElement>("[data-upload]")) {
    const form = list.closest("form");
    const field = form?.querySelector<HTMLInputElement>('input[type="file"]');
    if (form && field) new Uploads(form, field, list);
  }
}

class Uploads {
  private rows: Row[] = [];
  private pressed: HTMLElement | null | undefined; // the button that waits for the files; undefined for none
  private spoken: HTMLElement;

  constructor(
    private form: HTMLFormElement,
    private field: HTMLInputElement,
    private list: HTMLElement,
  ) {
    this.spoken = document.createElement("p");
    this.spoken.className = "upload__said";
    this.spoken.setAttribute("role", "status");
    list.after(this.spoken);
    field.addEventListener("change", () => this.chosen());
    form.addEventListener("submit", (event) => this.submitted(event));
  }

  private text(name: string, file = ""): string {
    return (this.list.getAttribute("data-text-" + name) ?? "").replace("{name}", file);
  }

  private chosen(): void {
    const files = [...(this.field.files ?? [])];
    this.field.value = ""; // they go up by themselves
    for (const file of files) this.rows.push(this.row(file));
    this.next();
  }

  private row(file: File): Row {
    const item = document.createElement("li");
    item.className = "upload__file";
    this.list.append(item);
    const row: Row = { file, item, state: "waiting" };
    this.draw(row, this.text("waiting"));
    return row;
  }

  // draw shows a row's name, its state in words, and what can be done about it.
  private draw(row: Row, said: string, extra = ""): void {
    const name = document.createElement("span");
    name.className = "upload__name";
    name.textContent = row.file.name;
    const state = document.createElement("span");
    state.className = "upload__state";
    state.textContent = said;
    row.item.dataset.state = row.state;
    row.item.replaceChildren(name, state);
    if (row.state === "running" || row.state === "waiting") {
      const bar = document.createElement("progress");
      bar.max = 100;
      bar.value = 0;
      bar.setAttribute("aria-label", row.file.name);
      row.item.append(bar);
    }
    if (row.state === "failed" && extra === "") row.item.append(this.button("retry", row, () => this.retry(row)));
    row.item.append(this.button("remove", row, () => this.remove(row)));
  }

  private button(what: string, row: Row, press: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "usa-button usa-button--unstyled";
    button.dataset.does = what;
    button.textContent = this.text(what);
    const of = document.createElement("span");
    of.className = "usa-sr-only";
    of.textContent = " " + row.file.name;
    button.append(of);
    button.addEventListener("click", press);
    return button;
  }

  private next(): void {
    if (this.rows.some((row) => row.state === "running")) return;
    const row = this.rows.find((r) => r.state === "waiting");
    if (row) void this.send(row);
    else this.arrived();
  }

  private async send(row: Row): Promise<void> {
    row.state = "running";
    this.draw(row, this.text("running"));
    this.say(this.text("started", row.file.name));
    const file = await smaller(row.file);
    if (!this.rows.includes(row)) return this.next(); // removed meanwhile
    const request = new XMLHttpRequest();
    row.request = request;
    let timer = 0;
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), silence);
    };
    request.upload.addEventListener("progress", (event) => {
      alive();
      const bar = row.item.querySelector("progress");
      if (bar && event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      this.answered(row, request, file !== row.file);
    });
    const body = this.fields();
    body.append(this.field.name, file, row.file.name);
    alive();
    request.open("POST", this.list.dataset.upload ?? "");
    request.responseType = "json";
    request.send(body);
  }

  // fields are what the server needs to know whose file it is, and how many there are.
  private fields(): FormData {
    const body = new FormData();
    for (const field of this.form.querySelectorAll<HTMLInputElement>('input[name="form_token"], input[name="asking_as"], input[name="staged"]')) {
      body.append(field.name, field.value);
    }
    return body;
  }

  private answered(row: Row, request: XMLHttpRequest, shrunk: boolean): void {
    if (!this.rows.includes(row)) return this.next();
    const answer = request.response as Answer | null;
    const known = new Set([...this.form.querySelectorAll<HTMLElement>("[data-key]")].map((e) => e.dataset.key));
    const added = answer?.files?.find((file) => !known.has(file.Key));
    if (request.status === 200 && answer && added) {
      row.state = "done";
      this.draw(row, added.Size + ". " + this.text(shrunk ? "smaller" : "done"));
      const staged = document.createElement("input");
      Object.assign(staged, { type: "hidden", name: "staged", value: added.Staged });
      staged.dataset.key = added.Key;
      row.item.append(staged);
      this.say(this.text("finished", row.file.name));
      this.remember(answer.draft);
    } else if (request.status === 200 && answer?.problems.length === 0) {
      this.rows = this.rows.filter((r) => r !== row); // the same file, chosen twice
      row.item.remove();
    } else {
      row.state = "failed";
      const problem = request.status === 422 ? (answer?.problems.join(" ") ?? "") : "";
      this.draw(row, problem || this.text("failed"), problem);
      this.say(row.file.name + ": " + (problem || this.text("failed")));
    }
    this.next();
  }

  // remember lets a reload, and Back, find the files.
  private remember(draft: string): void {
    if (draft !== "") history.replaceState(history.state, "", (this.list.dataset.page ?? location.pathname) + "?" + draft);
  }

  private retry(row: Row): void {
    row.state = "waiting";
    this.draw(row, this.text("waiting"));
    this.next();
  }

  private remove(row: Row): void {
    const staged = row.item.querySelector<HTMLInputElement>('input[name="staged"]');
    const body = this.fields();
    this.rows = this.rows.filter((r) => r !== row);
    row.request?.abort();
    row.item.remove();
    this.field.focus();
    this.say(this.text("removed", row.file.name));
    if (!staged) return this.next();
    body.append("remove", staged.dataset.key ?? "");
    void fetch(this.list.dataset.upload ?? "", { method: "POST", body }).catch(() => undefined); // what stays is removed with the draft
  }

  // submitted lets the form wait for its files, and stops it over one that did not arrive.
  private submitted(event: SubmitEvent): void {
    const failed = this.rows.find((row) => row.state === "failed");
    const busy = this.rows.some((row) => row.state === "running" || row.state === "waiting");
    if (!failed && !busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (failed) {
      failed.item.querySelector("button")?.focus();
      this.say(this.text("missing", failed.file.name));
      return;
    }
    this.pressed = event.submitter;
    this.say(this.text("hold"));
  }

  private arrived(): void {
    if (this.pressed === undefined || this.rows.some((row) => row.state !== "done")) return;
    const button = this.pressed;
    this.pressed = undefined;
    this.form.requestSubmit(button);
  }

  private say(text: string): void {
    this.spoken.textContent = text;
  }
}
