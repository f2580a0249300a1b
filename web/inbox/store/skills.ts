// What agents can, as the server names it: `language:ru`, `skill:kyc`.
const SHAPE = /^(language:[a-z]{2,3}|skill:[\p{L}\p{N}_-]{1,60})$/u;
const SPOKEN = ["ar", "de", "en", "es", "fa", "fr", "hi", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "uk", "vi", "zh"];

/** As it is being written. */
export type Skill = { kind: "language" | "skill"; name: string; level: number };

/** As the server names it. */
export const named = ({ kind, name }: Skill): string => `${kind}:${name.trim().toLowerCase().replace(/\s+/g, "-")}`;

export function written(skill: string, level: number): Skill {
  const [kind = "", name = ""] = skill.split(":");
  return { kind: kind === "language" ? "language" : "skill", name, level };
}

export const isSkill = (name: string): boolean => SHAPE.test(name);

/** To choose from; the one that is chosen is among them. */
export const languages = (chosen: string): string[] => (chosen === "" || SPOKEN.includes(chosen) ? SPOKEN : [chosen, ...SPOKEN]);

/** For who reads in this locale. */
export function skillName(skill: string, locale: string): string {
  const [kind = "", name = ""] = skill.split(":");
  if (kind !== "language") return name;
  return new Intl.DisplayNames(locale, { type: "language", fallback: "code" }).of(name) ?? name;
}
