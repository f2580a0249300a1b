// The record of who did what, page by page, and what each role may do.
import type { AuditEntry, Roles } from "../../shared/api-types";
import { address, api, take } from "./client";

export type Sought = { actor: string; action: string; subject: string; since: string; until: string };
export const NOTHING_SOUGHT: Sought = { actor: "", action: "", subject: "", since: "", until: "" };

class Audit {
  all: AuditEntry[] = $state.raw([]);
  next: number | null = $state(null);
  isLoaded = $state(false);
  roles: Roles | null = $state.raw(null);
  #latest = 0;

  async load(sought: Sought, before: number | null = null): Promise<void> {
    const turn = ++this.#latest;
    const query = { ...queryOf(sought), ...(before === null ? {} : { before }) };
    const page = await take(api.GET("/api/v1/audit", { params: { query } }));
    if (turn !== this.#latest) return;
    this.all = before === null ? [...page.entries] : [...this.all, ...page.entries];
    this.next = page.next;
    this.isLoaded = true;
  }

  async loadRoles(): Promise<void> {
    this.roles = await take(api.GET("/api/v1/roles"));
  }
}

/** Days as the browser's own midnights; the last day is in it whole. */
export function queryOf(sought: Sought): Record<string, string> {
  const day = (text: string, more: number): string => {
    const [year = 0, month = 1, date = 1] = text.split("-").map(Number);
    return new Date(year, month - 1, date + more).toISOString();
  };
  const query: Record<string, string> = {};
  for (const name of ["actor", "action", "subject"] as const) if (sought[name].trim()) query[name] = sought[name].trim();
  if (sought.since) query.since = day(sought.since, 0);
  if (sought.until) query.until = day(sought.until, 1);
  return query;
}

export const exportAddress = (sought: Sought): string => address("/audit/export", queryOf(sought));

export const audit = new Audit();
