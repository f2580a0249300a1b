// Answers that wait for a second agent, and what needs one; followed as others ask and decide.
import type { Approval, ApprovalPolicy } from "../../shared/api-types";
import { api, take } from "./client";
import { desk } from "./desk.svelte";

class ApprovalsStore {
  all: Approval[] = $state.raw([]);
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
    const [found, policy] = await Promise.all([take(api.GET("/api/v1/approvals")), take(api.GET("/api/v1/approval-policy"))]);
    if (turn !== this.#turn) return;
    this.all = found.approvals;
    this.policy = policy;
    this.isLoaded = true;
  }

  /** Nothing is left of it for who signs in next. */
  forget(): void {
    this.#turn += 1;
    this.all = [];
    this.policy = {};
    this.isLoaded = false;
  }

  async change(policy: ApprovalPolicy): Promise<void> {
    this.policy = await take(api.PUT("/api/v1/approval-policy", { body: policy }));
  }

  /** Exactly what was read here goes out, or nothing. */
  async approve({ id, digest }: Approval): Promise<void> {
    await take(api.POST("/api/v1/approvals/{approval_id}/approve", { params: { path: { approval_id: id } }, body: { digest } }));
    await this.load();
  }

  async decline({ id }: Approval, reason: string): Promise<void> {
    await take(api.POST("/api/v1/approvals/{approval_id}/decline", { params: { path: { approval_id: id } }, body: { reason } }));
    await this.load();
  }
}

export const approvals = new ApprovalsStore();
desk.whenEnded(() => approvals.forget());
