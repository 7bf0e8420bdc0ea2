// What the member searched for last. It is kept by the server, because desks are shared: the browser keeps nothing.
import { say, text } from "./toasts";

const address = "/console/search/recent";

let known: Promise<string[]> | null = null;

/** The latest searches; rejects when the server does not answer. */
export function recentSearches(): Promise<string[]> {
  known ??= read().catch((error: unknown) => {
    known = null;
    throw error;
  });
  return known;
}

async function read(): Promise<string[]> {
  const answer = await fetch(address + ".json", { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`recent searches: ${answer.status}`);
  return (await answer.json()) as string[];
}

/** Remembers a search whose hit is being opened; the page may be left meanwhile. */
export async function remember(search: string): Promise<void> {
  await post("", { text: search }).catch(() => undefined); // the hit opens all the same
}

export const forget = (search: string): Promise<void> => aloud(post("/remove", { text: search }));
export const forgetAll = (): Promise<void> => aloud(post("/clear", {}));

async function aloud(change: Promise<void>): Promise<void> {
  await change.catch(() => say("error", text("connectionLost")));
}

async function post(action: string, fields: Record<string, string>): Promise<void> {
  known = null;
  await fetch(address + action, { method: "POST", body: new URLSearchParams(fields), redirect: "manual", keepalive: true });
}
