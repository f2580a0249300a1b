// Builders for tests: every field as the server would send it, then what the test cares about.
import type { Case, Conversation, ConversationRow, Delivery, Identity, Message, Person, Reach } from "../../shared/api-types";

export const AT = "2026-05-20T10:00:00Z";

export function row(changes: Partial<ConversationRow> = {}): ConversationRow {
  return {
    person_id: 1, display_name: "Ana", state: "open", owner: null, subject: "", snippet: "Hello", last_message_id: 1,
    last_direction: "in", is_deleted: false, last_at: AT, channels: [], unread: false, unread_count: 0, level: 1, is_claimed: false,
    has_draft: false, has_trouble: false, priority: 3, label_ids: [], open_cases: 1, language: null, is_blocked: false, blocked_identities: [], ...changes,
  };
}

export function message(id: number, changes: Partial<Message> = {}): Message {
  return {
    id, person_id: 1, case_id: 1, direction: "in", nature: "human", author: { kind: "identity", id: 1, name: "Ana" },
    identity_id: 1, place_id: 1, account_id: 1, channel: "mail", level: 1, is_claimed: false, subject: "", is_cut: false, event: null, joined: null, place: null, is_private: false, spans: [],
    text: `text ${id}`, full_text: null, has_html: false, language: null, warnings: [], claims: {}, participants: [],
    state: "shown", has_source: false, sent_at: null, received_at: AT, revision: 1, deleted_at: null,
    client_key: null, mentions: [], offers: [], attachments: [], deliveries: [], step: null, ground: null, topic: null, reactions: [], ...changes,
  };
}

export function delivery(id: number, messageId: number, changes: Partial<Delivery> = {}): Delivery {
  return {
    id, message_id: messageId, part: 0, part_count: 1, kind: "send", state: "queued", state_at: AT, due_at: null,
    attempt: 0, reason: "", code: "", copy_to: "", account_id: 1, channel: "mail", place_id: 1, identity_id: 1, ...changes,
  };
}

export function oneCase(id: number, changes: Partial<Case> = {}): Case {
  return {
    id, person_id: 1, state: "open", subject: "", topic: "", topic_id: null, priority: 3, owner: null, team_id: null, access_class: "normal", is_private: false,
    opened_at: AT, first_reply_at: null, solved_at: null, snoozed_until: null, last_message_id: null, revision: 1, joined: null,
    minimum_level: 0, allowed_channels: [], host_account: null, label_ids: [], step_ups: [], ...changes,
  };
}

export function identity(id: number, changes: Partial<Identity> = {}): Identity {
  return {
    id, realm: "email", realm_name: "", handle: "ana@mail.example", handle_shown: changes.handle ?? "ana@mail.example", shown_as: "ana@mail.example", level: 1, is_claimed: false,
    host_account: null, is_reachable: true, unreachable_reason: "", notices_stopped_at: null, blocked_at: null, shows_pictures: false, doubted_at: null, is_preferred: false, seen_at: AT, home_person_id: 1, is_shared: false, evidence: [],
    ...changes,
  };
}

export function person(changes: Partial<Person> = {}): Person {
  return {
    id: 1, display_name: "Ana", language: null, attributes: {}, created_at: AT, blocked_at: null, notes: [], consents: [], member_ids: [1], host_accounts: [],
    identities: [identity(1)], ...changes,
  };
}

export function reach(placeId: number, changes: Partial<Reach> = {}): Reach {
  return {
    place_id: placeId, account_id: 1, channel: "mail", account_label: "Mail", identity_id: 1, shown_as: "ana",
    level: 1, is_claimed: false, is_available: true, reason: "", last_inbound_at: null, is_online: null,
    is_preferred: false, is_default: false, has_private: false, hold_seconds: 0, is_shared: false, title: "", same_as: null, place: null, hindrances: [],
    capabilities: {
      text_limit: null, text_unit: "characters", formats: ["plain"],
      files: { max_count: 5, max_size: 1000, media_types: ["*/*"] },
      subject: false, edit: false, edit_seconds: null, delete: false, delete_seconds: null, descriptions: false, copies: false, receipts: [], marks: [], typing: false, buttons: false,
    },
    ...changes,
  };
}

export function conversation(changes: Partial<Conversation> = {}): Conversation {
  return {
    person: person(), row: row(), cases: [oneCase(1)], reach: [reach(1)], merges: [], position: 0, ...changes,
  };
}
