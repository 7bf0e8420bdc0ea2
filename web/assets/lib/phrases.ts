// Texts of the server's catalogue that a script completes: plural forms as JSON (template function forms), with {names}.

/** Fills a text; the value "count" chooses the plural form and is written as the language writes numbers. */
export function phrase(forms: string, values: Record<string, string | number>): string {
  const lang = document.documentElement.lang;
  const texts = JSON.parse(forms) as Record<string, string>;
  const form = typeof values.count === "number" ? new Intl.PluralRules(lang).select(values.count) : "other";
  return (texts[form] ?? texts.other ?? "").replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return typeof value === "number" ? new Intl.NumberFormat(lang).format(value) : (value ?? whole);
  });
}
