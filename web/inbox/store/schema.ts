// From a connector's JSON Schema to the fields of a form, and back to its config. Pure.

export type FormField = {
  name: string;
  label: string;
  hint: string;
  kind: "text" | "secret" | "number" | "switch" | "choice" | "lines";
  choices: string[];
  isRequired: boolean;
  initial: string | boolean;
};
type Schema = Record<string, unknown>;
const part = (value: unknown): Schema => (typeof value === "object" && value !== null ? (value as Schema) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");

export function fieldsOf(schema: Schema): FormField[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required.map(String) : []);
  const defs = part(schema.$defs);
  return Object.entries(part(schema.properties)).map(([name, given]) => {
    const { title: _title, ...own } = resolve(part(given), defs);
    const one: Schema = { ...own, title: part(given).title };
    const kind = kindOf(one);
    const initial = kind === "switch" ? one.default === true : initialText(one.default);
    const choices = Array.isArray(one.enum) ? one.enum.map(String) : [];
    return {
      name, kind, initial, choices,
      label: text(one.title) || name.replaceAll("_", " "),
      hint: text(one.description),
      isRequired: required.has(name) && kind !== "switch",
    };
  });
}

/** Follows `$ref`, and takes the branch of an optional field that is not null. */
function resolve(one: Schema, defs: Schema): Schema {
  const branches = (one.anyOf ?? one.oneOf ?? one.allOf) as unknown;
  const branch = Array.isArray(branches) ? branches.map(part).find((each) => each.type !== "null") : undefined;
  const { anyOf: _any, oneOf: _one, allOf: _all, $ref, ...own } = one;
  const merged = { ...(branch ? resolve(branch, defs) : {}), ...own };
  const name = text($ref).split("/").at(-1);
  return name ? { ...resolve(part(defs[name]), defs), ...merged } : merged;
}

function kindOf(one: Schema): FormField["kind"] {
  if (one.format === "password" || one.writeOnly === true) return "secret";
  if (Array.isArray(one.enum)) return "choice";
  if (one.type === "boolean") return "switch";
  if (one.type === "integer" || one.type === "number") return "number";
  if (one.type === "array") return "lines";
  return "text";
}

function initialText(value: unknown): string {
  if (Array.isArray(value)) return value.join("\n");
  return value === undefined || value === null ? "" : String(value);
}

/** What was typed, as the schema wants it. Empty fields are left out: the connector's default holds. */
export function configOf(fields: readonly FormField[], typed: Record<string, string | boolean>): Schema {
  const config: Schema = {};
  for (const field of fields) {
    const value = typed[field.name] ?? field.initial;
    if (field.kind === "switch") config[field.name] = value === true;
    else if (String(value).trim() === "") continue;
    else if (field.kind === "number") config[field.name] = Number(value);
    else if (field.kind === "lines") config[field.name] = String(value).split("\n").map((line) => line.trim()).filter(Boolean);
    else config[field.name] = String(value);
  }
  return config;
}

/** Settings as they are, as the form shows them. A secret's field is empty: it is never shown. */
export function typedOf(fields: readonly FormField[], config: Schema): Record<string, string | boolean> {
  return Object.fromEntries(
    fields.map((field) => {
      const value = config[field.name];
      if (field.kind === "switch") return [field.name, value === true];
      return [field.name, field.kind === "secret" ? "" : isPlain(value) ? initialText(value) : JSON.stringify(value)];
    }),
  );
}

/** What was typed over the settings as they were: an empty secret, and what no form can show, stays. */
export function changedConfig(fields: readonly FormField[], typed: Record<string, string | boolean>, before: Schema): Schema {
  const drawn = new Set(fields.map((field) => field.name));
  const rest = Object.fromEntries(Object.entries(before).filter(([name]) => !drawn.has(name)));
  const kept = fields.filter((field) => field.kind !== "secret" && !isPlain(before[field.name]));
  const same = kept.map((field) => [field.name, before[field.name]] as const);
  const changed = configOf(fields.filter((field) => !kept.includes(field)), typed);
  return { ...rest, ...changed, ...Object.fromEntries(same) };
}

/** Something that a field of text can show and give back: not a table of tables. */
const isPlain = (value: unknown): boolean =>
  Array.isArray(value) ? value.every((one) => typeof one !== "object") : typeof value !== "object" || value === null;
