import type { Api } from "./api";
import type { Keep, KeptSession } from "./keep";
import { exclusively } from "./locks";

/** A signed token of the host's site, or what fetches one. None: nobody is signed in. */
export type Identity = string | (() => string | Promise<string>);

const AHEAD = 10 * 60_000;
const SOONEST = 60_000;
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Which session this page has with the desk, and as whom.
 *
 * Unknown visitors' and signed sessions are kept apart: a page where nobody is signed in never goes
 * on with a signed one, which is somebody else's, and two tabs of different standing don't fight.
 */
export class Sessions {
  token: string | undefined;
  id = "";
  isSigned = false;
  private identity: Identity | undefined;
  private opening: Promise<string> | undefined;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  /** The token of which `opened` was told. */
  private told: string | undefined;

  constructor(
    private readonly api: Api,
    private readonly keep: Keep,
    private readonly language: () => string,
    private readonly opened: () => void,
  ) {}

  /** Whether a session can be gone on with at once, before anybody writes. */
  get isKept(): boolean {
    const { guest, signed } = this.keep.read();
    return (this.identity && signed ? signed : guest) !== undefined;
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
    this.stop();
    this.identity = identity;
    this.token = undefined;
  }

  /** Nothing is renewed any more. */
  stop(): void {
    clearTimeout(this.renewal);
  }

  /** The token was refused. Its successor may be another session. */
  refuse(token: string): void {
    if (this.token === token) this.token = undefined;
    if (this.kept?.token === token) this.store(undefined);
  }

  /** Nobody is signed in any more. What an unknown visitor had goes on. */
  async logout(): Promise<void> {
    const signed = this.keep.read().signed;
    this.stop();
    this.identity = undefined;
    this.token = undefined;
    this.id = "";
    this.isSigned = false;
    this.keep.write({ signed: undefined });
    if (signed) await this.api.logout(signed.token).catch(() => undefined);
  }

  /** An unknown visitor's session is not gone on with: the next is another. */
  leave(): void {
    this.token = undefined;
    this.id = "";
  }

  /** Another tab may have opened another session. True: this page's token is not the kept one. */
  takeOver(): boolean {
    if (this.kept?.token === this.token) return false;
    this.token = undefined;
    return true;
  }

  private get kept(): KeptSession | undefined {
    const { guest, signed } = this.keep.read();
    return this.identity ? signed : guest;
  }

  private store(session: KeptSession | undefined): void {
    this.keep.write(this.identity ? { signed: session } : { guest: session });
  }

  /** One tab after the other: two that begin at once get one session between them. */
  private async open(): Promise<string> {
    let token = "";
    await exclusively(`${this.keep.key}:session`, async () => void (token = await this.openNow()));
    return token;
  }

  private async openNow(): Promise<string> {
    const identity = this.identity;
    const { guest, signed } = this.keep.read();
    // Signing in goes on with what was said before, and makes that token worthless.
    const before = identity ? (signed ?? guest) : guest;
    const attestation = typeof identity === "function" ? await identity() : identity;
    const session = await this.api.open({ token: before?.token, attestation, language: this.language() });
    if (identity !== this.identity) return this.openNow();
    this.token = session.session_token;
    this.id = session.session;
    this.isSigned = session.is_signed;
    if (identity && before === guest) this.keep.write({ guest: undefined });
    this.store({ token: this.token, session: this.id });
    this.renewLater(identity, Date.parse(session.expires_at));
    if (this.token !== this.told) {
      this.told = this.token;
      this.opened();
    }
    return this.token;
  }

  /** Before the session ends the page is asked for a fresh proof, and nobody notices. */
  private renewLater(identity: Identity | undefined, expiresAt: number): void {
    clearTimeout(this.renewal);
    if (typeof identity !== "function" || !(expiresAt > Date.now())) return;
    const wait = Math.min(LONGEST_TIMER, Math.max(SOONEST, expiresAt - Date.now() - AHEAD));
    this.renewal = setTimeout(() => {
      this.opening ??= this.open().finally(() => (this.opening = undefined));
      // Not now: it is tried again, and when the session does end, the stream says so.
      this.opening.catch(() => this.renewLater(identity, expiresAt));
    }, wait);
  }
}
