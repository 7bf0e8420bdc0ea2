// A list of options beneath a text field, by the combobox pattern of the ARIA practices: the focus stays in the field, arrow
// keys choose, Enter takes what is chosen. Nothing is chosen by itself unless its owner says so, so that Enter still means
// what it means in the field.
//
//   [role=option]        an option; [aria-disabled=true] is passed over
//     [data-removable]   Delete, or a click on its [data-remove], removes it

export interface Owner {
  /** An option was taken: by which key, or by a click. */
  take(option: HTMLElement, by: "Enter" | "Tab" | "click"): void;
  /** A removable option is to go. */
  remove(option: HTMLElement): void;
  /** An arrow key in a field whose list is closed: whether it is taken. */
  ask?(): boolean;
  /** The list opens and closes (a popup), and is not there all the time. */
  popup?: { opened(): void; closed(): void };
}

export interface Options {
  show(...content: Node[]): void;
  close(): void;
  choose(option: HTMLElement | null): void;
  chosen(): HTMLElement | null;
  all(): HTMLElement[];
}

export function options(field: HTMLInputElement, list: HTMLElement, owner: Owner): Options {
  let open = !owner.popup;
  const all = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>("[role=option]:not([aria-disabled=true])")];
  const chosen = (): HTMLElement | null => (open ? list.querySelector<HTMLElement>("[role=option][aria-selected=true]") : null);

  const choose = (option: HTMLElement | null): void => {
    for (const other of all()) other.setAttribute("aria-selected", String(other === option));
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const close = (): void => {
    if (!open || !owner.popup) return;
    open = false;
    field.setAttribute("aria-expanded", "false");
    choose(null);
    owner.popup.closed();
  };
  const show = (...content: Node[]): void => {
    list.replaceChildren(...content);
    choose(null);
    list.scrollTop = 0;
    if (open || !owner.popup) return;
    open = true;
    field.setAttribute("aria-expanded", "true");
    owner.popup.opened();
  };

  // Past the last option, or before the first, a popup gives the field back: no option is chosen.
  const move = (by: number): void => {
    const every = all();
    const at = every.indexOf(chosen() as HTMLElement);
    const to = owner.popup ? ((at + 1 + by + every.length + 1) % (every.length + 1)) - 1 : at < 0 && by < 0 ? every.length - 1 : (at + by + every.length) % every.length;
    choose(every[to] ?? null);
  };
  const press = (key: string): boolean => {
    const option = chosen();
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (!open) return owner.ask?.() ?? false;
      move(key === "ArrowDown" ? 1 : -1);
      return true;
    }
    if (key === "Escape" && open && owner.popup) {
      close();
      return true;
    }
    if (!option) return false;
    if (key === "Enter" || (key === "Tab" && owner.popup)) owner.take(option, key);
    else if (key === "Delete" && "removable" in option.dataset) owner.remove(option);
    else return false;
    return true;
  };

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", String(open));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (press(event.key)) event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => {
    if (event.target !== list) event.preventDefault(); // the focus stays in the field; the scroll bar still moves
  });
  list.addEventListener("click", (event) => {
    const at = event.target instanceof Element ? event.target : null;
    const option = at?.closest<HTMLElement>("[role=option]:not([aria-disabled=true])");
    if (!at || !option) return;
    if (at.closest("[data-remove]")) owner.remove(option);
    else owner.take(option, "click");
  });
  return { show, close, choose, chosen, all };
}

let ids = 0;

/** Makes an option: its text, what it means, an icon or its name, the keys that do the same, whether it can be removed. */
export function option(text: string, more: { note?: string; icon?: string | Element; keys?: Node[]; removable?: boolean } = {}): HTMLElement {
  const made = element("div", "option");
  made.id = nextID();
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  if (more.icon) made.append(typeof more.icon === "string" ? icon(more.icon) : more.icon.cloneNode(true));
  const main = element("span", "option__main");
  main.append(element("span", "option__text", text));
  if (more.note) main.append(" ", element("span", "option__note", more.note));
  made.append(main);
  if (more.keys) {
    const side = element("span", "option__side");
    side.setAttribute("aria-hidden", "true");
    side.append(...more.keys);
    made.append(side);
  }
  if (more.removable) {
    made.dataset.removable = "";
    const remove = element("span", "option__remove");
    remove.dataset.remove = "";
    remove.setAttribute("aria-hidden", "true");
    remove.append(icon("close"));
    made.append(remove);
  }
  return made;
}

/** Puts options under a title. */
export function group(title: string, of: HTMLElement[]): HTMLElement {
  const made = element("div", "");
  const head = element("p", "options__title", title);
  head.id = nextID();
  head.setAttribute("role", "presentation");
  made.setAttribute("role", "group");
  made.setAttribute("aria-labelledby", head.id);
  made.append(head, ...of);
  return made;
}

export function element(tag: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

const nextID = (): string => `option-${++ids}`;

// The sprite has a hash in its name, which the icons of the page know.
function icon(name: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", (document.querySelector(".icon use")?.getAttribute("href") ?? "").replace(/#.*/, "") + "#" + name);
  svg.append(use);
  return svg;
}
