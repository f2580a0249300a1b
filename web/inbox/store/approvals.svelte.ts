// Answers that wait for a second agent, and what needs one; followed as others ask and decide.
import type { Approval, ApprovalPolicy } from "../../shared/api-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";
import { session } from "./session.svelte";

const ENDED: ReadonlySet<string> = new Set(["declined", "expired", "void", "withdrawn"]);
/** How long what did not go out is offered to its author, in milliseconds. */
const OFFERED = 14 * 24 * 60 * 60 * 1000;

class ApprovalsStore {
  all: Approval[] = $state.raw([]);
  /** One's own that nobody let out, newest first. */
  ended: Approval[] = $state.raw([]);
  policy: ApprovalPolicy = $state.raw({});
  isLoaded = $state(false);
  #isFollowed = false;
  #turn = 0;

  async load(): Promise<void> {
    if (!this.#isFollowed) {
      const again = (): void => void this.load().catch(() => undefined);
      desk.listen((event) => event.kind === "approval.changed" && this.isLoaded && again(), again);
      this.#isFollowed = true;
    }
    const turn = (this.#turn += 1);
    const query = { only_waiting: false, limit: 100 };
    const [found, latest, policy] = await Promise.all([
      take(api.GET("/api/v1/approvals")),
      take(api.GET("/api/v1/approvals", { params: { query } })),
      take(api.GET("/api/v1/approval-policy")),
    ]);
    if (turn !== this.#turn) return;
    this.all = found.approvals;
    const isOffered = (one: Approval): boolean => Date.parse(one.asked_at) > Date.now() - OFFERED && one.text !== "";
    this.ended = latest.approvals.filter((one) => one.author_id === session.agentId && ENDED.has(one.state) && isOffered(one));
    this.policy = policy;
    this.isLoaded = true;
  }

  /** Nothing is left of it for who signs in next. */
  forget(): void {
    this.#turn += 1;
    this.all = [];
    this.ended = [];
    this.policy = {};
    this.isLoaded = false;
  }

  /** In place of the policy that was read here; if there is a newer one it is shown, and nothing changes. */
  async change(changes: Partial<ApprovalPolicy>): Promise<void> {
    if (!this.isLoaded) return;
    const turn = (this.#turn += 1);
    try {
      const policy = await take(api.PUT("/api/v1/approval-policy", { body: { ...this.policy, ...changes } }));
      if (turn === this.#turn) this.policy = policy;
    } catch (error) {
      await this.load();
      throw error;
    }
  }

  /** Exactly what was read here goes out, or nothing; nor if somebody wrote since. */
  async approve({ id, digest, last_message_id }: Approval): Promise<void> {
    const params = { path: { approval_id: id } };
    try {
      await take(api.POST("/api/v1/approvals/{approval_id}/approve", { params, body: { digest, expect_last_id: last_message_id } }));
    } finally {
      await this.load();
    }
  }

  async decline({ id }: Approval, reason: string): Promise<void> {
    await take(api.POST("/api/v1/approvals/{approval_id}/decline", { params: { path: { approval_id: id } }, body: { reason } }));
    await this.load();
  }
}

export const approvals = new ApprovalsStore();
desk.whenEnded(() => approvals.forget());
