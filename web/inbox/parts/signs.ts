// The signs that a saved view may have.
import Bell from "@lucide/svelte/icons/bell-ring";
import Zap from "@lucide/svelte/icons/zap";
import Clock from "@lucide/svelte/icons/clock";
import Filter from "@lucide/svelte/icons/list-filter";
import Flag from "@lucide/svelte/icons/flag";
import Globe from "@lucide/svelte/icons/globe";
import Heart from "@lucide/svelte/icons/heart";
import Inbox from "@lucide/svelte/icons/inbox";
import Star from "@lucide/svelte/icons/star";
import Tag from "@lucide/svelte/icons/tag";
import type { SavedView } from "../../shared/api-types";

export type Sign = SavedView["icon"];
export const ICONS: Record<Sign, typeof Star> = {
  filter: Filter, star: Star, flag: Flag, clock: Clock, alert: Bell, inbox: Inbox, tag: Tag, globe: Globe, heart: Heart, bolt: Zap,
};
export const SIGNS = Object.keys(ICONS) as Sign[];
