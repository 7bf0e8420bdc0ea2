// Where in a search somebody types, and what could stand there. No page is needed for it.

export interface Operator {
  name: string;
  aliases: string[];
  text: string;
  values: { value: string; label: string }[];
}

/** What is being typed before the caret: the beginning of an operator, or of a value of one. */
export interface Place {
  from: number; // what is taken takes the place of the text from here
  to: number; // to here
  part: string; // what is typed of it
  operator: string; // "" while the operator itself is typed
  others: string[]; // the values that stand before it, by commas
}

/** Finds the place; null where words are typed. Quotes hold spaces together, a leading dash is no part of the operator. */
export function placeAt(text: string, caret: number): Place | null {
  if (/^[^\s,]/.test(text.slice(caret))) return null; // within a word
  const found = /^-?(?:([a-z_]+):(.*)|([a-z_]{2,}))$/i.exec(tokenBefore(text.slice(0, caret)));
  if (!found) return null;
  if (found[3] !== undefined) return { from: caret - found[3].length, to: caret, part: found[3].toLowerCase(), operator: "", others: [] };
  const values = (found[2] ?? "").split(",");
  const part = values.pop() ?? "";
  return { from: caret - part.length, to: caret, part: part.replace(/"/g, "").toLowerCase(), operator: (found[1] ?? "").toLowerCase(), others: values.map((v) => v.toLowerCase()) };
}

function tokenBefore(text: string): string {
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (!quoted && /\s/.test(text[i] ?? "")) start = i + 1;
  }
  return text.slice(start);
}

const named = (o: Operator): string[] => [o.name, ...o.aliases];

/** The operators that begin like what is typed. */
export function operatorsAt(place: Place, all: Operator[]): Operator[] {
  return all.filter((o) => named(o).some((name) => name.startsWith(place.part)));
}

/** The operator whose value is typed. */
export function operatorOf(place: Place, all: Operator[]): Operator | undefined {
  return all.find((o) => named(o).includes(place.operator));
}

/** Its values that begin like what is typed, or have a word that does; none when the only one is there already. */
export function valuesAt(place: Place, of: Operator): Operator["values"] {
  const fitting = of.values.filter((v) => !place.others.includes(v.value.toLowerCase()) && (v.value.toLowerCase().startsWith(place.part) || beginsLike(v.label, place.part)));
  return fitting.length === 1 && fitting[0]?.value.toLowerCase() === place.part ? [] : fitting;
}

/** Whether each word typed begins a word of the text; accents and case aside. */
export function beginsLike(text: string, typed: string): boolean {
  const words = plain(text).split(/[^\p{L}\p{N}]+/u);
  return plain(typed).split(/\s+/).every((t) => words.some((word) => word.startsWith(t)));
}

const plain = (s: string): string => s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
