// Passkeys, by the browser's own dialog. The server's question and the authenticator's answer travel in the page and its form as JSON
// (WebAuthn Level 3, 5.1.8 to 5.1.10), so that nothing is fetched.
//
//   form[data-passkey="create"|"get"]   with the question in data-options and a hidden field "passkey" for the answer
//   [data-passkey-problem]              shown when the dialog came to nothing

type Descriptor = { id: string; type: "public-key"; transports?: AuthenticatorTransport[] };
type Question = {
  challenge: string;
  user?: { id: string; name: string; displayName: string };
  excludeCredentials?: Descriptor[];
  allowCredentials?: Descriptor[];
};

export function passkeys(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
    if (!window.PublicKeyCredential) form.hidden = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void ask(form);
    });
  }
}

async function ask(form: HTMLFormElement): Promise<void> {
  const problem = form.querySelector<HTMLElement>("[data-passkey-problem]");
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  if (problem) problem.hidden = true;
  if (button) button.disabled = true;
  try {
    const question = read(JSON.parse(form.dataset.options ?? "{}"));
    const made = form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: question as unknown as PublicKeyCredentialCreationOptions })
      : await navigator.credentials.get({ publicKey: question as unknown as PublicKeyCredentialRequestOptions });
    if (!(made instanceof PublicKeyCredential)) throw new Error("no passkey");
    form.querySelector<HTMLInputElement>("input[name=passkey]")!.value = JSON.stringify(write(made));
    form.submit();
  } catch {
    if (problem) problem.hidden = false;
    if (button) {
      button.disabled = false;
      button.focus();
    }
  }
}

function read(question: Question): object {
  const list = (all?: Descriptor[]) => all?.map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...question,
    challenge: bytes(question.challenge),
    ...(question.user && { user: { ...question.user, id: bytes(question.user.id) } }),
    ...(question.excludeCredentials && { excludeCredentials: list(question.excludeCredentials) }),
    ...(question.allowCredentials && { allowCredentials: list(question.allowCredentials) }),
  };
}

function write(made: PublicKeyCredential): object {
  const response: Record<string, unknown> = { clientDataJSON: text(made.response.clientDataJSON) };
  if (made.response instanceof AuthenticatorAttestationResponse) {
    response.attestationObject = text(made.response.attestationObject);
    response.transports = made.response.getTransports?.() ?? [];
  } else if (made.response instanceof AuthenticatorAssertionResponse) {
    response.authenticatorData = text(made.response.authenticatorData);
    response.signature = text(made.response.signature);
    if (made.response.userHandle) response.userHandle = text(made.response.userHandle);
  }
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    authenticatorAttachment: made.authenticatorAttachment ?? undefined,
    clientExtensionResults: {},
    response,
  };
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
