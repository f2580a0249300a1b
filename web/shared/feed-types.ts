// The frames of the feed's socket, both ways.
import type { Account, BulkJob, Case, ConversationRow, Delivery, Finding, Id, Merge, Message, Person, Proposal } from "./api-types";

export type Activity = "viewing" | "writing_reply" | "writing_note";
/** The same for everybody: whether one may be the second agent depends on who one is. */
export type Proposed = Omit<Proposal, "may_approve">;
type Numbered = { type: "event"; position: number; person_id: Id | null };
export type FeedEvent = Numbered &
  (
    | { kind: "message.created" | "message.changed"; message: Message; row: ConversationRow }
    | { kind: "delivery.changed"; delivery: Delivery; row: ConversationRow }
    | { kind: "case.changed"; case: Case; row: ConversationRow }
    | { kind: "person.changed"; person: Person; row: ConversationRow }
    | { kind: "person.merged" | "person.split"; merge: Merge; rows: ConversationRow[]; gone: Id[] }
    | { kind: "read.changed"; row: ConversationRow }
    | { kind: "access.changed"; row?: ConversationRow }
    | { kind: "account.changed"; account: Account }
    | { kind: "views.changed" }
    | { kind: "workspace.changed" }
    | { kind: "queue.changed" }
    | { kind: "desk.changed" }
    | { kind: "watches.changed" }
    | { kind: "rules.changed" }
    | { kind: "rota.changed" }
    | { kind: "deadlines.changed"; case_id: Id | null }
    | { kind: "handover.changed" }
    | { kind: "incident.changed" }
    | { kind: "webhooks.changed" }
    | { kind: "approval.changed" }
    | { kind: "job.changed"; job: BulkJob }
    | { kind: "finding.changed"; finding: Finding; row: ConversationRow }
    | { kind: "proposal.changed"; proposal: Proposed }
  );

export type AgentPresence = { agent_id: Id; name: string; person_id: Id; activity: Activity };
export type LiveFrame = { type: "live" } & (
  | { kind: "typing"; person_id: Id; place_id: Id; is_typing: boolean; name: string }
  | { kind: "presence"; agents: AgentPresence[] }
);
export type ServerFrame =
  | { type: "hello"; position: number; agent_id: Id }
  | { type: "reset"; position: number }
  | { type: "pong" }
  | LiveFrame
  | FeedEvent;
export type ClientFrame =
  | { type: "presence"; person_id: Id | null; activity: Activity }
  | { type: "typing"; place_id: Id; is_typing: boolean }
  | { type: "ping" };
