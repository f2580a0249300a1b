// What is begun and not sent, as the composer has it and as the server keeps it. Pure.
import type { Attachment, Id, KeptDraft } from "../../shared/api-types";
import type { Span } from "../../shared/rich";
import type { Copy } from "./copies";

export type Kind = "reply" | "note";
/** A colleague or a team that a note names. */
export type Named = { name: string; agentId?: Id; teamId?: Id };
export type Written = {
  text: string;
  spans: readonly Span[];
  files: readonly Attachment[];
  subject: string;
  placeId: Id | null;
  topicId: Id | null;
  copies: readonly Copy[];
  named: readonly Named[];
  /** Answers to choose from, of an answer that was taken back. */
  offers: readonly string[];
};
export const EMPTY: Written = { text: "", spans: [], files: [], subject: "", placeId: null, topicId: null, copies: [], named: [], offers: [] };

export function toWritten(draft: KeptDraft): Written {
  const { spans, subject, place_id, topic_id, copies, named, offers } = (draft.options ?? {}) as {
    spans?: Span[]; subject?: string; place_id?: Id; topic_id?: Id; copies?: Copy[]; named?: Named[]; offers?: string[];
  };
  return {
    text: draft.text, spans: spans ?? [], files: draft.files, subject: subject ?? "",
    placeId: place_id ?? null, topicId: topic_id ?? null, copies: copies ?? [], named: named ?? [], offers: offers ?? [],
  };
}

export const counts = ({ text, files }: Written): boolean => text.trim() !== "" || files.length > 0;
export const isEmpty = ({ text, files, subject }: Written): boolean => text === "" && subject === "" && files.length === 0;

/** What the server keeps beside the text and the files, for the composer to be as it was. */
export const toOptions = ({ spans, subject, placeId, topicId, copies, named, offers }: Written): Record<string, unknown> => ({
  spans, subject, place_id: placeId, topic_id: topicId, copies, named, offers,
});
