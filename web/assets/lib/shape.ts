// What a typed number looks like: the table of internal/identifier, in the browser, so that a slip is seen while typing.
// Nothing is sent anywhere and nothing is refused: the server decides again.

export type Kind =
  | "none"
  | "account-number" // 12 digits whose check digits are right
  | "account-slip" // 12 digits whose check digits are wrong
  | "account-length" // 10, 11, 13 or 14 digits: some are missing or too many
  | "a-number"
  | "receipt-number"
  | "ssn"
  | "card"
  | "email"
  | "other";

const receipt = /^(IOE|EAC|VSC|WAC|CSC|LIN|NSC|SRC|TSC|MSC|NBC|YSC)\d{10}$/;
// 3-2-4 with an area that is ever issued: not 000, not 666, not 900 to 999; group not 00, serial not 0000.
const ssn = /(?<![\p{L}\d])(?!000|666|9)\d{3}([-\s.])(?!00)\d{2}\1(?!0000)\d{4}(?![\p{L}\d])/u;
const digitRun = /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g;

/** Full-width digits become plain, letters upper case, spaces, dashes, dots and # go. */
export function normalize(typed: string): string {
  return typed.normalize("NFKC").toUpperCase().replace(/[\s.#\p{Pd}]/gu, "");
}

/** ISO 7064 MOD 97-10 over all digits, check digits last. */
export function checkDigitsHold(digits: string): boolean {
  let rest = 0;
  for (const d of digits) rest = (rest * 10 + Number(d)) % 97;
  return rest === 1;
}

/** The check of payment cards (ISO/IEC 7812-1, annex B). */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let d = Number(digits[digits.length - 1 - i]);
    if (i % 2 === 1) d = d > 4 ? d * 2 - 9 : d * 2;
    sum += d;
  }
  return sum % 10 === 0;
}

export function looksLike(typed: string): Kind {
  const folded = typed.normalize("NFKC").replace(/\p{Pd}/gu, "-").trim();
  const s = normalize(typed);
  if (s === "") return "none";
  if (/^\S+@\S+\.\S+$/.test(folded)) return "email";
  if (ssn.test(folded)) return "ssn";
  if (/^\d{12}$/.test(s)) return checkDigitsHold(s) ? "account-number" : "account-slip";
  if (/^\d{13,19}$/.test(s) && luhn(s) && !/^0+$/.test(s)) return "card";
  if (/^(A\d{7,9}|\d{7,9})$/.test(s)) return "a-number";
  if (receipt.test(s)) return "receipt-number";
  if (/^\d{10,14}$/.test(s)) return "account-length";
  return "other";
}

/** The text without what looks like a Social Security or card number; those never rest in a browser's storage. */
export function withoutSecrets(text: string): string {
  const plain = text.normalize("NFKC").replace(/\p{Pd}/gu, "-");
  const masked = plain
    .replace(new RegExp(ssn.source, "gu"), "•••")
    .replace(digitRun, (run) => {
      const digits = run.replace(/\D/g, "");
      return luhn(digits) && !(digits.length === 12 && checkDigitsHold(digits)) ? "•••" : run;
    });
  return masked === plain ? text : masked;
}
