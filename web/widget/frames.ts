import type { Span } from "../shared/rich";

/** What the desk and the widget say to each other: as `router/web/visitor*.py` has it. */
export interface FileView {
  id: number;
  name: string;
  media_type: string;
  size: number;
}

export interface MessageView {
  seq: number;
  is_own: boolean;
  client_id: string | null;
  text: string;
  spans?: Span[];
  author: string;
  at: string;
  is_edited: boolean;
  is_deleted: boolean;
  state: "sent" | "delivered" | "read";
  files: FileView[];
  /** Answers to choose from. */
  offers?: string[];
  /** Said on another channel, where the conversation had gone on. */
  is_elsewhere?: boolean;
}

export interface CatchUp {
  position: number;
  is_reset: boolean;
  has_earlier: boolean;
  messages: MessageView[];
}

export interface Page {
  has_earlier: boolean;
  messages: MessageView[];
}

export interface Config {
  appearance: { title?: string; greeting?: string; color?: string; language?: string; position?: string; launcher?: string };
  requires_attestation: boolean;
  max_files: number;
  max_file_size: number;
  max_text: number;
  reception: Reception;
  /** The desk is told on which pages of the site the visitor is. */
  notes_pages: boolean;
  /** The desk gives photos of those who answer. */
  shows_photos?: boolean;
}

export interface FormField {
  name: string;
  label: string;
  kind: "text" | "email" | "choice" | "consent";
  choices: string[];
  is_required: boolean;
}

/** How somebody who comes now is received. */
export interface Reception {
  is_open: boolean;
  opens_at: string | null;
  reply_minutes: number | null;
  form: FormField[];
  form_note: string;
}

export interface Session {
  session_token: string;
  session: string;
  is_signed: boolean;
  expires_at: string;
}

/** The desk has it. Its files have new ids now. */
export interface Ack {
  client_id: string;
  seq: number | null;
  files: FileView[];
}

export type Frame =
  | { type: "replay"; stream: CatchUp }
  | { type: "messages"; position: number; messages: MessageView[] }
  | { type: "typing"; is_typing: boolean; author: string }
  /** Something became of the case: it may be to be rated. */
  | { type: "case" };

/** A message on its way: kept in the browser until the desk has it. */
export interface Draft {
  client_id: string;
  text: string;
  files: FileView[];
  at: string;
  /** The signed session in which it was written: nobody else's session may send it. */
  owner?: string;
  /** Place among all that wait, whichever tab wrote it. */
  order: number;
  /** To the form's questions: with the first message. */
  answers?: Record<string, string>;
  /** Why the desk refused it; it is not tried again by itself. */
  failed?: string;
}
