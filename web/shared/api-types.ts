// The shapes of /api/v1 and of the feed, as docs and server agree on them.

export type Id = number;
export type Named = { id: Id; name: string };
export type Role = "owner" | "admin" | "supervisor" | "agent" | "auditor";
export type CaseState = "open" | "waiting" | "snoozed" | "solved";
export type Direction = "in" | "out" | "note" | "event";
export type Activity = "viewing" | "writing_reply" | "writing_note";

export type Agent = {
  id: Id;
  name: string;
  email: string;
  role: Role;
  is_active: boolean;
  language: string;
  has_totp: boolean;
  team_ids: Id[];
};
export type Me = { agent: Agent; csrf_token: string; permissions: string[]; languages: string[] };
export type SetupState = { needed: boolean; has_agents: boolean };
export type Totp = { secret: string; uri: string; qr_svg: string };
export type AgentSession = {
  id: Id;
  device: string;
  address: string;
  created_at: string;
  seen_at: string;
  is_current: boolean;
};

export type ChannelUse = { channel: string; account_id: Id; label: string };
export type ConversationRow = {
  person_id: Id;
  display_name: string;
  state: CaseState;
  owner: Named | null;
  subject: string;
  snippet: string;
  last_message_id: Id;
  last_direction: Direction;
  last_at: string;
  channels: ChannelUse[];
  unread: boolean;
  unread_count: number;
  level: number;
  is_claimed: boolean;
  has_draft: boolean;
  has_trouble: boolean;
  priority: number;
  open_cases: number;
  language: string | null;
};
export type ViewKey = "open" | "mine" | "unassigned" | "solved" | "all";
export type ViewCount = { key: ViewKey; count: number };
export type Index = { view: ViewKey; ids: Id[]; position: number };

export type Evidence = { kind: string; level: number; proof: Record<string, unknown>; at: string };
export type Identity = {
  id: Id;
  realm: string;
  handle: string;
  shown_as: string;
  level: number;
  is_claimed: boolean;
  host_account: string | null;
  is_reachable: boolean;
  unreachable_reason: string;
  seen_at: string | null;
  home_person_id: Id;
  evidence: Evidence[];
};
export type Person = {
  id: Id;
  display_name: string;
  language: string | null;
  attributes: Record<string, unknown>;
  created_at: string;
  member_ids: Id[];
  identities: Identity[];
};
export type Case = {
  id: Id;
  person_id: Id;
  state: CaseState;
  subject: string;
  topic: string;
  priority: number;
  owner: Named | null;
  team_id: Id | null;
  access_class: string;
  opened_at: string;
  first_reply_at: string | null;
  solved_at: string | null;
  last_message_id: Id | null;
};
export type Capabilities = {
  text_limit: number | null;
  text_unit: string;
  formats: string[];
  files: { max_count: number; max_size: number; media_types: string[] };
  subject: boolean;
  edit: boolean;
  delete: boolean;
  receipts: string[];
  typing: boolean;
};
export type Reach = {
  place_id: Id;
  account_id: Id;
  channel: string;
  account_label: string;
  identity_id: Id | null;
  shown_as: string;
  level: number;
  is_claimed: boolean;
  is_available: boolean;
  reason: string;
  last_inbound_at: string | null;
  is_online: boolean | null;
  is_default: boolean;
  capabilities: Capabilities;
};
export type Merge = {
  id: Id;
  loser_id: Id;
  loser_name: string;
  winner_id: Id;
  agent: Named | null;
  reason: string;
  ground: string;
  merged_at: string;
  undone_at: string | null;
};
export type Conversation = {
  person: Person;
  row: ConversationRow;
  cases: Case[];
  reach: Reach[];
  merges: Merge[];
  position: number;
};

export type Attachment = {
  id: Id;
  name: string;
  media_type: string;
  size: number;
  state: string;
  refused_reason: string;
  is_inline: boolean;
  content_id: string | null;
};
export type DeliveryState =
  | "held"
  | "queued"
  | "sending"
  | "sent"
  | "delivered"
  | "read"
  | "failed"
  | "unknown"
  | "cancelled";
export type Delivery = {
  id: Id;
  message_id: Id;
  part: number;
  part_count: number;
  kind: string;
  state: DeliveryState;
  state_at: string;
  due_at: string | null;
  attempt: number;
  reason: string;
  code: string;
};
export type Author = { kind: "identity" | "agent" | "system"; id: Id | null; name: string };
export type Message = {
  id: Id;
  person_id: Id;
  case_id: Id | null;
  direction: Direction;
  nature: string;
  author: Author;
  identity_id: Id | null;
  place_id: Id | null;
  account_id: Id | null;
  channel: string | null;
  level: number | null;
  is_claimed: boolean;
  subject: string;
  text: string;
  full_text: string | null;
  has_html: boolean;
  language: string | null;
  warnings: string[];
  participants: { realm: string; handle: string; shown_as: string; role: string }[];
  state: "shown" | "placeholder";
  has_source: boolean;
  sent_at: string | null;
  received_at: string;
  revision: number;
  deleted_at: string | null;
  client_key: string | null;
  attachments: Attachment[];
  deliveries: Delivery[];
  reactions: { identity_id: Id; reactions: string[] }[];
};
export type MessagePage = { messages: Message[]; has_before: boolean; has_after: boolean };
export type NewMessage = {
  client_key: string;
  kind: "reply" | "note";
  place_id?: Id;
  identity_id?: Id;
  text: string;
  subject?: string;
  attachment_ids: Id[];
  case_id?: Id;
  expect_last_id?: Id;
};
export type Draft = { text: string; options: Record<string, unknown> };
export type PersonHit = { id: Id; display_name: string; identities: string[] };

export type Account = {
  id: Id;
  channel: string;
  channel_name: string;
  label: string;
  color: string;
  icon: string;
  state: "active" | "paused";
  paused_reason: string;
  paused_code: string;
  health: { state: string; detail: string; last_event_at: string | null };
  last_in_at: string | null;
  last_out_at: string | null;
  queued: number;
  held: number;
  oldest_queued_at: string | null;
  is_sandbox: boolean;
  hook_url: string;
};
export type CheckStep = { name: string; ok: boolean; detail: string; fix: string };
export type CheckResult = { ok: boolean; shown_as: string; steps: CheckStep[] };
export type Channel = {
  channel: string;
  name: string;
  summary: string;
  color: string;
  icon: string;
  intake: string[];
  contract: number;
  problem: string | null;
  config_schema: Record<string, unknown>;
};
export type QuarantineEntry = {
  id: Id;
  account_id: Id;
  event_key: string;
  reason: string;
  seen: number;
  first_seen_at: string;
  last_seen_at: string;
  message_id: Id | null;
  state: string;
};
export type Team = { id: Id; name: string; member_ids: Id[]; access_classes: string[] };
export type ApiToken = { id: Id; name: string; role: Role; created_at: string; expires_at: string | null; seen_at?: string | null };
