import type { Api } from "./api";
import type { Keep } from "./keep";

/** A signed token of the host's site, or what fetches one. None: nobody is signed in. */
export type Identity = string | (() => string | Promise<string>);

/** Which session this page has with the desk, and as whom. */
export class Sessions {
  token: string | undefined;
  id = "";
  isSigned = false;
  private identity: Identity | undefined;
  private opening: Promise<string> | undefined;

  constructor(
    private readonly api: Api,
    private readonly keep: Keep,
    private readonly language: () => string,
    private readonly opened: () => void,
  ) {}

  /** Whether a session can be gone on with at once, before anybody writes. */
  get isKept(): boolean {
    const kept = this.keep.read();
    return kept.token !== undefined && (!kept.signed || this.identity !== undefined);
  }

  get isIdentified(): boolean {
    return this.identity !== undefined;
  }

  /** The live session's token; the session is opened, or made, if need be. Raises Refused. */
  get(): Promise<string> {
    if (this.token) return Promise.resolve(this.token);
    this.opening ??= this.open().finally(() => (this.opening = undefined));
    return this.opening;
  }

  identify(identity: Identity): void {
    this.identity = identity;
    this.token = undefined;
  }

  /** The token was refused. Its successor may be another session. */
  refuse(token: string): void {
    if (this.token === token) this.token = undefined;
    if (this.keep.read().token === token) this.keep.write({ token: undefined });
  }

  async logout(): Promise<void> {
    const token = this.token ?? this.keep.read().token;
    this.identity = undefined;
    this.forget();
    if (token) await this.api.logout(token).catch(() => undefined);
  }

  /** Another tab may have signed in or out. True: this page's session is another one now. */
  takeOver(): boolean {
    const kept = this.keep.read();
    if (!this.token || kept.token === this.token) return false;
    this.token = undefined;
    return true;
  }

  private forget(): void {
    this.token = undefined;
    this.id = "";
    this.isSigned = false;
    this.keep.write({ token: undefined, session: undefined, signed: undefined });
  }

  private async open(): Promise<string> {
    const identity = this.identity;
    const kept = this.keep.read();
    // A signed session without anybody signed in is somebody else's: never gone on with.
    const token = kept.signed && !identity ? undefined : kept.token;
    const attestation = typeof identity === "function" ? await identity() : identity;
    const session = await this.api.open({ token, attestation, language: this.language() });
    this.token = session.session_token;
    this.id = session.session;
    this.isSigned = session.is_signed;
    this.keep.write({ token: this.token, session: this.id, signed: this.isSigned });
    this.opened();
    return this.token;
  }
}
